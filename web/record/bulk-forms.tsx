import { Button, Group, Modal, MultiSelect, Stack, TagsInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { inSentence } from '../api/object-queries.ts';
import type { ObjectInput, ObjectRecord } from '../api/record-queries.ts';
import type { FieldKind, FormValues } from '../fields/field-kind.ts';
import { FIELD_KINDS } from '../fields/kinds.ts';
import { isDuplicateTag, useOfferedTags } from '../fields/tags.tsx';
import type { DrawnField } from './object-fields.ts';

interface BulkForm {
  /** As in `12 contacts`. */
  counted: string;
  isPending: boolean;
  onClose: () => void;
  onSave: (change: ObjectInput) => void;
}

/** Sets one field of the selected records. */
export function BulkFieldForm({
  field,
  Drawn: Input,
  counted,
  isPending,
  onClose,
  onSave,
}: BulkForm & DrawnField<FieldKind['Input']>) {
  const kind = FIELD_KINDS[field.kind];
  const form = useForm<FormValues>({ initialValues: { [field.key]: kind?.empty ?? null } });
  const label = inSentence(field.label);
  const value = form.values[field.key] ?? null;
  const isEmpty = value === null || value === '';
  // A field that always has a value cannot be cleared.
  const mayClear = field.default === null && !field.required && field.kind !== 'record';
  const save = () => onSave({ [field.key]: isEmpty ? null : (kind?.sent?.(value) ?? value) });
  return (
    <Modal opened onClose={onClose} title={`Change ${label} of ${counted}`}>
      <form onSubmit={form.onSubmit(save)}>
        <Stack>
          <Input
            field={{ ...field, required: false }}
            input={form.getInputProps(field.key)}
            form={form}
            isNew={false}
            hasFocus
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending} disabled={isEmpty && !mayClear}>
              {isEmpty && mayClear ? `Clear for ${counted}` : `Change ${counted}`}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Adds tags to the selected records, and removes tags that some of them have. */
export function BulkTagsForm({
  rows,
  counted,
  isPending,
  onClose,
  onSave,
}: BulkForm & { rows: readonly ObjectRecord[] }) {
  const [add, setAdded] = useState<string[]>([]);
  const [remove, setRemoved] = useState<string[]>([]);
  const [typed, type] = useState('');
  const offered = useOfferedTags(typed);
  const existing = [...new Set(rows.flatMap((row) => row['tags'] as string[]))].toSorted();
  const isUnused = (tag: string) => !isDuplicateTag(tag, add);
  return (
    <Modal opened onClose={onClose} title={`Tags of ${counted}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSave({ tags: { add, remove } });
        }}
      >
        <Stack>
          <TagsInput
            label="Add tags"
            data={offered}
            // The API has searched.
            filter={({ options }) => options}
            value={add}
            onChange={(chosen) => {
              setAdded(chosen);
              setRemoved(remove.filter((tag) => !isDuplicateTag(tag, chosen)));
            }}
            searchValue={typed}
            onSearchChange={type}
            isDuplicate={isDuplicateTag}
            maxTags={50}
            acceptValueOnBlur
            data-autofocus
          />
          <MultiSelect
            label="Remove tags"
            data={existing.filter(isUnused)}
            value={remove}
            onChange={setRemoved}
            placeholder={existing.length === 0 ? 'None of them has tags' : ''}
            disabled={existing.length === 0}
            searchable
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending} disabled={add.length + remove.length === 0}>
              Change {counted}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
