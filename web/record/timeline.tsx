import { Badge, Button, Pill, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Suspense, type ReactNode } from 'react';
import { timelineQuery, type Activity } from '../api/activity-queries.ts';
import { nounOf, useObject } from '../api/object-queries.ts';
import type { Note } from '../api/note-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { capitalised } from '../ui/capitalised.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { Actor } from './actor.tsx';
import { NoteCard } from './note-card.tsx';
import { RecordLink } from './record-link.tsx';
import { ChangeText, useChanges } from './timeline-change.tsx';
import classes from './timeline.module.css';

/** The activities of a record and of related records, newest first. */
export function Timeline({ record }: { record: ObjectRecord }) {
  const may = useHasScope('activities:read');
  const list = useInfiniteQuery({ ...timelineQuery(record.id), enabled: may });
  if (!may) return <Text c="dimmed">You don’t have access to the timeline.</Text>;
  if (list.error && !list.data) {
    return <ErrorPanel error={list.error} retry={() => void list.refetch()} />;
  }
  if (!list.data) {
    return (
      <Stack gap="lg" aria-busy>
        <Skeleton height={10} width="40%" />
        <Skeleton height={10} width="55%" />
      </Stack>
    );
  }
  return (
    <>
      <ol className={classes.list} aria-label="Timeline">
        {list.data.filter(isListed(record)).map((activity) => (
          <li key={activity.id} className={classes.entry}>
            <Entry activity={activity} record={record} />
          </li>
        ))}
      </ol>
      {list.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Show earlier
        </Button>
      )}
    </>
  );
}

/** A pinned note of the record itself is above the timeline. */
function isListed({ id }: ObjectRecord) {
  return ({ type, record: note }: Activity) =>
    type !== 'note.created' || note?.['pinned'] !== true || !Object.values(note).includes(id);
}

function Entry({ activity, record }: { activity: Activity; record: ObjectRecord }) {
  const isCurrent = activity.record_id === record.id;
  const isOwn = isCurrent || mergedIds(record).includes(activity.record_id);
  const report = reportOf(activity);
  if (activity.type === 'note.created' && activity.record)
    return <NoteEntry note={activity.record as unknown as Note} record={record} />;
  const other = !isOwn && activity.record_type !== 'note' && <OtherRecord activity={activity} />;
  return (
    <>
      {report ? (
        <>
          {other && <div className={classes.aside}>{other}</div>}
          <ReportTitle activity={activity} report={report} />
          <Payload payload={report.payload} />
        </>
      ) : (
        <Event activity={activity} other={other} />
      )}
    </>
  );
}

/** A note as it is now, and what it is on, if that is another record. */
function NoteEntry({ note, record }: { note: Note; record: ObjectRecord }) {
  const object = useObject('note');
  const values = note as unknown as ObjectRecord;
  const links = (object?.fields ?? []).filter(
    ({ key, kind }) => kind === 'record' && typeof values[key] === 'string',
  );
  const isHere = note.id === record.id || links.some(({ key }) => values[key] === record.id);
  const [other] = links;
  const about = !isHere && other && (
    <>
      {other.label.toLowerCase()} <RecordLink objectKey={other.references} id={String(values[other.key])} />
    </>
  );
  return <NoteCard note={note} about={about} />;
}

/** The related record that an activity is about. Its name came with the timeline. */
function OtherRecord({ activity }: { activity: Activity }) {
  const { record_type: type, record_id: id, record_name: name } = activity;
  const object = useObject(type);
  return (
    <>
      {object?.label ?? fieldLabel(type)}{' '}
      {object && (
        <TextLink {...paths.record(object.plural, id)}>{name ?? `Unnamed ${nounOf(object)}`}</TextLink>
      )}
    </>
  );
}

/** What changed, or else what happened; by whom, and when. @param other the record, if it is not the one of the page */
function Event({ activity, other }: { activity: Activity; other: ReactNode }) {
  const { type, actor, occurred_at: at } = activity;
  const tag = tagOf(activity);
  const merged = mergedCount(activity);
  const changes = useChanges(activity);
  const isUpdate = type.endsWith('.updated') && changes.length > 0;
  const shown = tag === null ? changes : [];
  const [only] = shown;
  return (
    <>
      {isUpdate && other && <div className={classes.aside}>{other}</div>}
      {!isUpdate && (
        <div>
          {other && <span className={classes.aside}>{other} · </span>}
          <span className={classes.what}>{activityLabel(type)}</span>{' '}
          {merged > 0 && (merged === 1 ? 'with another record ' : `with ${merged} other records `)}
          {tag !== null && <Pill size="xs">{tag}</Pill>}
        </div>
      )}
      {shown.length === 1 && only && (
        <div>
          <Suspense>
            <ChangeText activity={activity} change={only} />
          </Suspense>
        </div>
      )}
      {shown.length > 1 && (
        <ul className={classes.changes}>
          {shown.map((change) => (
            <li key={change.name}>
              <Suspense>
                <ChangeText activity={activity} change={change} />
              </Suspense>
            </li>
          ))}
        </ul>
      )}
      <div className={classes.aside}>
        by <Actor actor={actor} /> · <Moment at={at} />
      </div>
    </>
  );
}

/** The tag that was added or removed; null for other activities, and once the record is erased. */
function tagOf({ type, changed }: Activity): string | null {
  const tag = /\.tag_(?:added|removed)$/.test(type) ? changed?.['tag'] : null;
  return typeof tag === 'string' ? tag : null;
}

/** How many records were merged; 0 for other activities. */
function mergedCount({ type, changed }: Activity): number {
  const ids = type.endsWith('.merged') ? changed?.['merged_ids'] : null;
  return Array.isArray(ids) ? ids.length : 0;
}

/** The ids of the records that were merged into a record. */
function mergedIds(record: ObjectRecord): readonly string[] {
  return (record['merged_ids'] as string[] | undefined) ?? [];
}

/** `deal.stage_changed` to `Stage changed`. */
function activityLabel(type: string): string {
  return capitalised(type.slice(type.indexOf('.') + 1).replaceAll('_', ' '));
}

/** What another system reported of a record. */
interface Report {
  label: string;
  event_type: string;
  payload: unknown;
  matched_by?: string | null;
}

function reportOf({ details }: Activity): Report | null {
  const isReport = typeof details === 'object' && details !== null && 'label' in details;
  return isReport ? (details as Report) : null;
}

function ReportTitle({ activity, report }: { activity: Activity; report: Report }) {
  return (
    <>
      <Badge size="sm" mr={6}>
        {report.label}
      </Badge>
      <span className={classes.what}>{report.event_type}</span>{' '}
      <span className={classes.aside}>
        {'· '}
        {report.matched_by && (
          <>
            matched by <Actor actor={report.matched_by} /> ·{' '}
          </>
        )}
        <Moment at={activity.occurred_at} />
      </span>
    </>
  );
}

function Payload({ payload }: { payload: unknown }) {
  return (
    <details className={classes.details}>
      <summary>View payload</summary>
      <CodeBlock label="Payload" code={JSON.stringify(payload, null, 2)} />
    </details>
  );
}
