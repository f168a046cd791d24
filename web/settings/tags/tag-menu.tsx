import { ActionIcon, Button, Group, Menu, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconArrowMerge, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, validationError } from '../../api/client.ts';
import { tagsQuery, useMergeTags, useRemoveTag, useRenameTag, type Tag } from '../../api/tag-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { numberText } from '../../ui/format.ts';

/** The actions on a tag. */
export function TagMenu({ tag }: { tag: Tag }) {
  const { mutateAsync: remove } = useRemoveTag();
  const [renaming, rename] = useDisclosure();
  const [merging, merge] = useDisclosure();
  const confirmRemoval = () =>
    confirm({
      title: `Delete the tag ${tag.name}?`,
      text: `${effectOn(tag, 'lose the tag')} The records stay, and their webhooks get no events for it. This cannot be undone.`,
      action: 'Delete tag',
      onConfirm: () => notifyWhenDone(remove(tag.id), () => notifyDone(`${tag.name} deleted`)),
    });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${tag.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={rename.open}>
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowMerge size={15} />} onClick={merge.open}>
            Merge into another tag
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmRemoval}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {renaming && <RenameForm tag={tag} onClose={rename.close} />}
      {merging && <MergeForm tag={tag} onClose={merge.close} />}
    </>
  );
}

/** As in `3 records lose the tag.` */
function effectOn({ usage = {} }: Tag, effect: string): string {
  const count = Object.values(usage).reduce((sum, records) => sum + records, 0);
  if (count === 0) return 'No record has it.';
  return count === 1 ? `1 record will ${effect}.` : `${numberText(count)} records will ${effect}.`;
}

function RenameForm({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const { mutateAsync: rename } = useRenameTag();
  const api = useApiForm({ name: tag.name }, async ({ name }) => {
    try {
      await rename({ id: tag.id, name });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
      throw validationError('name', 'Another tag has this name. Merge this tag into it instead.');
    }
    notifyDone(`Renamed to ${name}`);
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title={`Rename ${tag.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          <Text size="sm">
            {effectOn(tag, 'get the new name')} Webhook filters that use the old name are not changed.
          </Text>
          <TextInput
            label="Name"
            required
            maxLength={100}
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

function MergeForm({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const { mutateAsync: merge, isPending } = useMergeTags();
  const [into, setInto] = useState<string | null>(null);
  const [typed, type] = useState('');
  const [settled] = useDebouncedValue(typed.trim(), 200);
  const { data = [] } = useInfiniteQuery(tagsQuery(settled));
  const others = data.filter(({ id }) => id !== tag.id);
  const submit = async () => {
    if (into === null) return;
    try {
      const { name } = await merge({ id: into, others: [tag.id] });
      notifyDone(`${tag.name} merged into ${name}`);
      onClose();
    } catch (error) {
      notifyError(error as Error);
    }
  };
  return (
    <Modal opened onClose={onClose} title={`Merge ${tag.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <Text size="sm">
          {effectOn(tag, 'get the other tag instead')} {tag.name} is deleted. This cannot be undone.
        </Text>
        <Select
          label="Merge into"
          placeholder="Select a tag"
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
          value={into}
          onChange={setInto}
          searchValue={typed}
          onSearchChange={type}
          nothingFoundMessage="No matching tags"
          searchable
          data-autofocus
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={() => void submit()} disabled={into === null} loading={isPending}>
            Merge
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
