import { ActionIcon, Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import {
  useRemoveLeadWord,
  useRenameLeadWord,
  type LeadOption,
  type LeadWordKind,
} from '../../api/lead-option-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { tell, tellDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

interface Given {
  kind: LeadWordKind;
  /** In the singular, as in `source`. */
  one: string;
  word: LeadOption;
}

/** What can be done with a word; leads keep the one they have. */
export function LeadWordMenu({ kind, one: item, word }: Given) {
  const { mutateAsync: remove } = useRemoveLeadWord(kind);
  const [renaming, rename] = useDisclosure();
  const ask = () =>
    confirm({
      title: `Delete the ${item} ${word.name}?`,
      text: 'It is no longer offered. Leads that have it keep it.',
      action: `Delete ${item}`,
      onConfirm: () => tell(remove(word.id), () => tellDone(`${word.name} was deleted.`)),
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
      {renaming && <RenameForm kind={kind} one={item} word={word} onClose={rename.close} />}
    </>
  );
}

function RenameForm({ kind, one: item, word, onClose }: Given & { onClose: () => void }) {
  const { mutateAsync: rename } = useRenameLeadWord(kind);
  const api = useApiForm({ name: word.name }, async ({ name }) => {
    await rename({ id: word.id, name });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={`Rename the ${item}`} closeButtonProps={{ 'aria-label': 'Close' }}>
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
