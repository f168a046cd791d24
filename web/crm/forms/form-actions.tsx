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
import { useMay } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { tell, tellDone, tellError } from '../../ui/notify.tsx';
import { ButtonLink } from '../../ui/router-links.tsx';

/** What can be done with a form, as far as the session may. */
export function FormActions({ form }: { form: Form }) {
  const mayWrite = useMay('forms:write');
  const navigate = useNavigate();
  const { mutateAsync: update } = useUpdateForm();
  const { mutateAsync: remove } = useRemoveForm(form.id);
  const Sign = form.active ? IconPlayerPause : IconPlayerPlay;
  const askToDelete = () =>
    confirm({
      title: `Delete ${form.name}?`,
      text: 'Its page and its place on websites answer no more, and what is in its spam is gone. Its leads stay.',
      action: 'Delete form',
      onConfirm: () =>
        tell(remove(), () => {
          tellDone(`${form.name} was deleted.`);
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
                leftSection={<Sign size={15} />}
                onClick={() => void update({ ...form, change: { active: !form.active } }).catch(tellError)}
              >
                {form.active ? 'Switch off' : 'Switch on'}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={askToDelete}>
                Delete form
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
    </>
  );
}
