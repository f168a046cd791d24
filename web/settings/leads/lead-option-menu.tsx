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

interface Given {
  kind: LeadOptionKind;
  /** In the singular, as in `source`. */
  noun: string;
  word: LeadOption;
}

/** What can be done with a word; leads keep the one they have. */
export function LeadWordMenu({ kind, noun, word }: Given) {
  const { mutateAsync: remove } = useRemoveLeadOption(kind);
  const [renaming, rename] = useDisclosure();
  const ask = () =>
    confirm({
      title: `Delete the ${noun} ${word.name}?`,
      text: 'It is no longer offered. Leads that have it keep it.',
      action: `Delete ${noun}`,
      onConfirm: () => notifyWhenDone(remove(word.id), () => notifyDone(`${word.name} was deleted.`)),
    });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${word.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={rename.open}>
            Rename
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={ask}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {renaming && <RenameForm kind={kind} noun={noun} word={word} onClose={rename.close} />}
    </>
  );
}

function RenameForm({ kind, noun, word, onClose }: Given & { onClose: () => void }) {
  const { mutateAsync: rename } = useRenameLeadOption(kind);
  const api = useApiForm({ name: word.name }, async ({ name }) => {
    await rename({ id: word.id, name });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={`Rename the ${noun}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          <TextInput
            label="Name"
            description="Leads that have the old name keep it."
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
