import { ActionIcon, Menu, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useChangeLeadStatus, useRemoveLeadStatus, type LeadStatus } from '../../api/lead-status-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { notifyWhenDone, notifyDone, notifyError } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

const KINDS: { value: LeadStatus['kind']; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'won', label: 'Won' },
  { value: 'lost', label: 'Lost' },
];

/**
 * The actions on a status; built-in statuses cannot be deleted.
 * @param count the number of statuses
 */
export function LeadStatusMenu({ status, count }: { status: LeadStatus; count: number }) {
  const { mutateAsync: remove } = useRemoveLeadStatus();
  const { mutate: change } = useChangeLeadStatus();
  const [editing, edit] = useDisclosure();
  const moveTo = (position: number) =>
    change({ id: status.id, change: { position } }, { onError: notifyError });
  const confirmAction = () =>
    confirm({
      title: `Delete the status ${status.name}?`,
      text: 'Its column is removed from the board. A status in use cannot be deleted.',
      action: 'Delete status',
      onConfirm: () => notifyWhenDone(remove(status.id), () => notifyDone(`${status.name} deleted`)),
    });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${status.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={edit.open}>
            Edit
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowUp size={15} />}
            disabled={status.position === 1}
            onClick={() => moveTo(status.position - 1)}
          >
            Move up
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowDown size={15} />}
            disabled={status.position === count}
            onClick={() => moveTo(status.position + 1)}
          >
            Move down
          </Menu.Item>
          {!status.is_built_in && (
            <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmAction}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {editing && <StatusForm status={status} onClose={edit.close} />}
    </>
  );
}

function StatusForm({ status, onClose }: { status: LeadStatus; onClose: () => void }) {
  const { mutateAsync: change } = useChangeLeadStatus();
  const api = useApiForm({ name: status.name, kind: status.kind }, async (values) => {
    await change({ id: status.id, change: status.is_built_in ? { name: values.name } : values });
    onClose();
  });
  return (
    <FormDrawer title={`Edit ${status.name}`} action="Save" api={api} onClose={onClose}>
      <TextInput
        label="Name"
        description={`The key ${status.key} stays the same for the API.`}
        required
        data-autofocus
        {...api.form.getInputProps('name')}
      />
      <Select
        label="Kind"
        data={KINDS}
        allowDeselect={false}
        disabled={status.is_built_in}
        {...api.form.getInputProps('kind')}
      />
    </FormDrawer>
  );
}
