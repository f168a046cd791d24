import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { mergesQuery, useUnmergeRecord, type MergedRecord } from '../../api/merge-queries.ts';
import type { ObjectType } from '../../api/object-queries.ts';
import type { ObjectRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { Actor } from '../actor.tsx';
import { recordTitle } from '../record-title.ts';
import classes from './record-duplicates.module.css';

interface Shown {
  object: ObjectType;
  record: ObjectRecord;
}

/** The records that were merged into a record, each with a button that undoes the merge. */
export function MergedRecords({ object, record }: Shown) {
  const { data: merges = [] } = useQuery(mergesQuery(object.plural, record.id));
  if (merges.length === 0) return null;
  return (
    <section aria-labelledby="merged-title">
      <Title order={2} id="merged-title" mb="xs">
        Merged into this record
      </Title>
      <ul className={classes.list} aria-labelledby="merged-title">
        {merges.map((merge) => (
          <li key={merge.id}>
            {recordTitle(object, merge.record)}
            <span className={classes.about}>
              <Moment at={merge.merged_at} /> by <Actor actor={merge.merged_by} />
            </span>
            {merge.unmergeable_until !== null && <Undo object={object} record={record} merge={merge} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Undo({ object, record, merge }: Shown & { merge: MergedRecord }) {
  const mayWrite = useHasScope(`${object.plural}:write`);
  const { mutateAsync: unmerge, isPending } = useUnmergeRecord(object.plural);
  if (!mayWrite) return null;
  const [title, survivor] = [recordTitle(object, merge.record), recordTitle(object, record)];
  const undo = () =>
    notifyWhenDone(unmerge({ id: record.id, merged: merge.id }), () => notifyDone(`${title} is back`));
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={isPending}
      onClick={() =>
        confirm({
          title: 'Undo this merge?',
          text: `${title} comes back with everything that was moved from it, unless it was moved again since. ${survivor} keeps what was changed after the merge.`,
          action: 'Undo merge',
          isHarmless: true,
          onConfirm: undo,
        })
      }
    >
      Undo merge
    </Button>
  );
}

/** Offers the undo of a merge that was just done. */
export function useMergeNotice(object: ObjectType) {
  const { mutateAsync: unmerge } = useUnmergeRecord(object.plural);
  return (survivor: ObjectRecord, merged: ObjectRecord) => {
    const title = recordTitle(object, merged);
    notifyDone(`${title} merged into ${recordTitle(object, survivor)}`, {
      label: 'Undo',
      run: () =>
        notifyWhenDone(unmerge({ id: survivor.id, merged: merged.id }), () => notifyDone(`${title} is back`)),
    });
  };
}
