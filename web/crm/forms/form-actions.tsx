import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconDots,
  IconExternalLink,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useRemoveForm, useUpdateForm, type Form } from '../../api/form-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyWhenDone, notifyDone, notifyError } from '../../ui/notify.tsx';
import { ButtonLink } from '../../ui/router-links.tsx';

/** The actions on a form that the session may take. */
export function FormActions({ form }: { form: Form }) {
  const mayWrite = useHasScope('forms:write');
  const navigate = useNavigate();
  const { mutateAsync: update } = useUpdateForm();
  const { mutateAsync: remove } = useRemoveForm(form.id);
  const Icon = form.active ? IconPlayerPause : IconPlayerPlay;
  const confirmRemoval = () =>
    confirm({
      title: `Delete ${form.name}?`,
      text: 'Its page and its embed stop working, and its quarantined submissions are deleted. Its leads are kept.',
      action: 'Delete form',
      onConfirm: () =>
        notifyWhenDone(remove(), () => {
          notifyDone(`${form.name} deleted`);
          void navigate(paths.forms());
        }),
    });

  return (
    <>
      {form.active && (
        <Button
          component="a"
          href={`/f/${form.id}`}
          target="_blank"
          variant="default"
          leftSection={<IconExternalLink size={15} />}
        >
          Open page
        </Button>
      )}
      {mayWrite && (
        <>
          <ButtonLink {...paths.editForm(form.id)} variant="default" leftSection={<IconPencil size={15} />}>
            Edit
          </ButtonLink>
          <Menu>
            <Menu.Target>
              <ActionIcon variant="default" size={32} aria-label="More actions">
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<Icon size={15} />}
                onClick={() => void update({ ...form, change: { active: !form.active } }).catch(notifyError)}
              >
                {form.active ? 'Deactivate' : 'Activate'}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmRemoval}>
                Delete form
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
    </>
  );
}
