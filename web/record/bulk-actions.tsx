import { Button, CloseButton, Menu } from '@mantine/core';
import { IconChevronDown, IconPencil, IconTag, IconTrash } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useBulkChange, useBulkRemove, useBulkRestore, type BulkOutcome } from '../api/bulk-queries.ts';
import { fieldOf, inSentence, nounOf, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import type { ObjectInput, ObjectRecord } from '../api/record-queries.ts';
import { confirm } from '../ui/confirm.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import classes from './bulk-actions.module.css';
import { bulkFields } from './object-fields.ts';
import { useObjectView } from './object-view.ts';
import type { Selection } from './use-selection.ts';

const BulkFieldForm = lazy(async () => ({ default: (await import('./bulk-forms.tsx')).BulkFieldForm }));
const BulkTagsForm = lazy(async () => ({ default: (await import('./bulk-forms.tsx')).BulkTagsForm }));

/** What can be done with the selected records of a list; shown while there are some. */
export function BulkActions({
  object,
  selection: { rows, clear },
}: {
  object: ObjectType;
  selection: Selection<ObjectRecord>;
}) {
  const view = useObjectView(object.key);
  const [opened, open] = useState<ObjectField | null>(null);
  const { mutateAsync: change, isPending: isChanging } = useBulkChange(object.plural);
  const removal = useRemoval(object, clear);
  if (rows.length === 0) return null;

  const counted = countOf(object, rows.length);
  const tags = fieldOf(object, 'tags');
  const fields = bulkFields(object, view);
  const save = (values: ObjectInput) =>
    notifyWhenDone(change({ ids: rows.map(({ id }) => id), change: values }), (outcome) => {
      open(null);
      report(object, outcome, 'changed');
    });
  const form = { counted, isPending: isChanging, onClose: () => open(null), onSave: save };
  const drawn = fields.find(({ field }) => field.key === opened?.key);
  return (
    <div className={classes.bar} role="toolbar" aria-label="Selected records">
      <span className={classes.count} aria-live="polite">
        {rows.length} selected
      </span>
      <Menu position="top-start">
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPencil size={14} />}
            rightSection={<IconChevronDown size={13} />}
          >
            Change
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {fields.map(({ field }) => (
            <Menu.Item key={field.key} onClick={() => open(field)}>
              {field.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {tags && (
        <Button variant="default" size="xs" leftSection={<IconTag size={14} />} onClick={() => open(tags)}>
          Tags
        </Button>
      )}
      <Button
        variant="default"
        size="xs"
        c="red"
        leftSection={<IconTrash size={14} />}
        loading={removal.isPending}
        onClick={() => removal.ask(rows)}
      >
        Delete
      </Button>
      <CloseButton aria-label="Clear the selection" onClick={clear} />
      <Suspense>
        {drawn && <BulkFieldForm {...form} {...drawn} />}
        {opened && opened.key === tags?.key && <BulkTagsForm {...form} rows={rows} />}
      </Suspense>
    </div>
  );
}

/** Asks before it deletes, and offers to undo it. */
function useRemoval(object: ObjectType, onDone: () => void) {
  const { mutateAsync: remove, isPending } = useBulkRemove(object.plural);
  const { mutateAsync: restore } = useBulkRestore(object.plural);
  const removeAll = (ids: string[]) =>
    notifyWhenDone(remove(ids), (outcome) => {
      onDone();
      report(object, outcome, 'deleted', {
        label: 'Undo',
        run: () => notifyWhenDone(restore(outcome.done), (restored) => report(object, restored, 'restored')),
      });
    });
  return {
    isPending,
    ask(rows: readonly ObjectRecord[]) {
      const counted = countOf(object, rows.length);
      const each =
        rows.length === 1
          ? 'It moves to the trash, with its timeline.'
          : 'They move to the trash, with their timelines.';
      confirm({
        title: `Delete ${counted}?`,
        text: `${each} You can restore ${rows.length === 1 ? 'it' : 'them'} there for 30 days. Then the data is erased.`,
        action: `Delete ${counted}`,
        onConfirm: () => removeAll(rows.map(({ id }) => id)),
      });
    },
  };
}

/** As in `12 contacts`. */
function countOf(object: ObjectType, count: number): string {
  return `${count} ${count === 1 ? nounOf(object) : inSentence(object.plural_label)}`;
}

/** Shows how many records were changed, and why others were not. */
function report(
  object: ObjectType,
  { done, errors }: BulkOutcome,
  verb: string,
  action?: { label: string; run: () => void },
): void {
  if (done.length > 0) notifyDone(`${countOf(object, done.length)} ${verb}`, action);
  const [first] = errors;
  if (first !== undefined)
    notifyError(new Error(`${countOf(object, errors.length)} could not be ${verb}: ${first}`));
}
