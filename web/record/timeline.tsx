import { Badge, Button, Pill, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { timelineQuery, type Activity } from '../api/activity-queries.ts';
import { fieldOf, useObject } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { FIELD_KINDS } from '../fields/kinds.ts';
import { paths } from '../paths.ts';
import { capitalised } from '../ui/capitalised.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import { Moment } from '../ui/relative-time.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { Actor } from './actor.tsx';
import { isEmptyValue } from './object-fields.ts';
import { useObjectView } from './object-view.ts';
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
        {list.data.map((activity) => (
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

function Entry({ activity, record }: { activity: Activity; record: ObjectRecord }) {
  const isCurrent = activity.record_id === record.id;
  const isOwn = isCurrent || mergedIds(record).includes(activity.record_id);
  const report = reportOf(activity);
  return (
    <>
      <div>
        {!isOwn && (
          <>
            <OtherRecord activity={activity} />:{' '}
          </>
        )}
        {report ? <ReportTitle activity={activity} report={report} /> : <Event activity={activity} />}
      </div>
      {report ? (
        <Payload payload={report.payload} />
      ) : (
        <Changes activity={activity} record={isCurrent ? record : null} />
      )}
    </>
  );
}

/** Links to the related record that an activity is about. */
function OtherRecord({ activity: { record_type: type, record_id: id } }: { activity: Activity }) {
  const object = useObject(type);
  return object ? <TextLink {...paths.record(object.plural, id)}>{object.label}</TextLink> : fieldLabel(type);
}

function Event({ activity }: { activity: Activity }) {
  const { type, actor, occurred_at: at } = activity;
  const tag = tagOf(activity);
  const merged = mergedCount(activity);
  return (
    <>
      <span className={classes.what}>{activityLabel(type)}</span>{' '}
      {merged > 0 && (merged === 1 ? 'with another record ' : `with ${merged} other records `)}
      {tag !== null && <Pill size="xs">{tag}</Pill>}{' '}
      <span className={classes.aside}>
        by <Actor actor={actor} /> · <Moment at={at} />
      </span>
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

/** Fields that change as a result of another change. */
const DERIVED_FIELDS = new Set([
  'completed_at',
  'closed_at',
  'converted_at',
  'first_contacted_at',
  'merged_ids',
  'updated_at',
  'version',
]);

/**
 * The fields that changed, with their previous values.
 * @param record the record as it is now, if it is known
 */
function Changes({ activity, record }: { activity: Activity; record: ObjectRecord | null }) {
  const object = useObject(activity.record_type);
  const changed = activity.changed ?? {};
  const names =
    tagOf(activity) === null ? Object.keys(changed).filter((name) => !DERIVED_FIELDS.has(name)) : [];
  if (names.length === 0) return null;
  return (
    <ul className={classes.changes}>
      {names.map((name) => (
        <li key={name}>
          {(object && fieldOf(object, name)?.label) ?? fieldLabel(name)}
          <PreviousValue objectKey={activity.record_type} name={name} previous={{ ...record, ...changed }} />
        </li>
      ))}
    </ul>
  );
}

function PreviousValue({
  objectKey,
  name,
  previous,
}: {
  objectKey: string;
  name: string;
  previous: Readonly<Record<string, unknown>>;
}) {
  const object = useObject(objectKey);
  const view = useObjectView(objectKey);
  const field = object && fieldOf(object, name);
  const Kind = field && FIELD_KINDS[field.kind];
  const value = previous[name];
  if (!field || !Kind || isEmptyValue(value)) return null;
  // Stages and pipelines have names of their own; other views also depend on the rest of the record.
  const Cell = (field.kind === 'record' && view.fields?.[name]?.Cell) || Kind.Cell;
  const content: ReactNode =
    typeof value === 'string' && TEXT_KINDS.has(field.kind) ? (
      shortened(value)
    ) : (
      <Cell field={field} value={value} record={previous as ObjectRecord} />
    );
  return <span className={classes.aside}> was {content}</span>;
}

const TEXT_KINDS = new Set(['text', 'long_text', 'url', 'email', 'phone']);

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
