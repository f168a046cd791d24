import { ActionIcon, Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import {
  useRemoveLeadOption,
  useRenameLeadOption,
  type LeadOption,
  type LeadOptionKind,
} from '../../api/lead-option-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

interface LeadOptionProps {
  kind: LeadOptionKind;
  /** Singular, as in `source`. */
  noun: string;
  option: LeadOption;
}

/** The actions on a lead source or event type; existing leads keep their value. */
export function LeadOptionMenu({ kind, noun, option }: LeadOptionProps) {
  const { mutateAsync: remove } = useRemoveLeadOption(kind);
  const [renaming, rename] = useDisclosure();
  const confirmAction = () =>
    confirm({
      title: `Delete the ${noun} ${option.name}?`,
      text: 'It can no longer be selected. Existing leads keep it.',
      action: `Delete ${noun}`,
      onConfirm: () => notifyWhenDone(remove(option.id), () => notifyDone(`${option.name} deleted`)),
    });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${option.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={rename.open}>
            Rename
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmAction}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {renaming && <RenameForm kind={kind} noun={noun} option={option} onClose={rename.close} />}
    </>
  );
}

function RenameForm({ kind, noun, option, onClose }: LeadOptionProps & { onClose: () => void }) {
  const { mutateAsync: rename } = useRenameLeadOption(kind);
  const api = useApiForm({ name: option.name }, async ({ name }) => {
    await rename({ id: option.id, name });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={`Rename ${noun}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          <TextInput
            label="Name"
            description="Existing leads keep the old name."
            required
            data-autofocus
            {...api.form.getInputProps('name')}
            error={api.form.errors['name'] ?? api.error?.message}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
