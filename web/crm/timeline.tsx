import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { timelineQuery, type Activity } from '../api/activity-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { capitalised } from '../ui/capitalised.ts';
import type { ReadList } from '../ui/data-table.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Moment } from '../ui/moment.tsx';
import { Actor } from './actor.tsx';
import { StageName } from './deals/stage-name.tsx';
import { paths } from '../paths.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { TextLink } from '../ui/router-links.tsx';
import { PersonName } from './person.tsx';
import { mergeTimelines, type TimelineEntry } from './timeline-list.ts';
import classes from './timeline.module.css';

/**
 * The activities of a record, newest first.
 * @param otherEntries entries of another kind, also newest first; they are merged by time
 */
export function Timeline({
  recordId,
  otherEntries,
}: {
  recordId: string;
  otherEntries?: ReadList<TimelineEntry>;
}) {
  const may = useHasScope('activities:read');
  const activities = useInfiniteQuery({ ...timelineQuery(recordId), enabled: may });
  if (!may) return <Text c="dimmed">You don’t have access to the timeline.</Text>;
  const activityList: ReadList<TimelineEntry> = {
    ...activities,
    data: activities.data?.map((item) => toTimelineEntry(item, recordId)),
  };
  const lists = otherEntries ? [activityList, otherEntries] : [activityList];
  const failed = lists.find(({ error }) => error !== null);
  if (failed?.error) return <ErrorPanel error={failed.error} retry={() => void failed.refetch()} />;
  const entries = mergeTimelines(lists);
  if (entries === null) {
    return (
      <Stack gap="lg" aria-busy>
        <Skeleton height={10} width="40%" />
        <Skeleton height={10} width="55%" />
      </Stack>
    );
  }
  const incomplete = lists.filter(({ hasNextPage }) => hasNextPage);
  return (
    <>
      <ol className={classes.list} aria-label="Timeline">
        {entries.map(({ id, content }) => (
          <li key={id} className={classes.entry}>
            {content}
          </li>
        ))}
      </ol>
      {incomplete.length > 0 && (
        <Button
          variant="default"
          size="xs"
          loading={incomplete.some(({ isFetchingNextPage }) => isFetchingNextPage)}
          onClick={() => incomplete.forEach((list) => void list.fetchNextPage())}
        >
          Show earlier
        </Button>
      )}
    </>
  );
}

function toTimelineEntry(activity: Activity, recordId: string): TimelineEntry {
  const isOwn = activity.record_id === recordId.toLowerCase();
  return {
    id: activity.id,
    at: activity.occurred_at,
    content: (
      <ActivityEntry activity={activity} otherRecord={isOwn ? null : <OtherRecord activity={activity} />} />
    ),
  };
}

/** Pages of the records whose activities also show on the timeline of a related record. */
const PAGES = { deal: paths.deal, task: paths.task, lead: paths.lead };

function OtherRecord({ activity: { record_type: type, record_id: id } }: { activity: Activity }) {
  const label = fieldLabel(type);
  return type in PAGES ? <TextLink {...PAGES[type as keyof typeof PAGES](id)}>{label}</TextLink> : label;
}

/** @param otherRecord the record of the activity, if it is not the one on the page */
function ActivityEntry({ activity, otherRecord }: { activity: Activity; otherRecord: ReactNode }) {
  const changes = Object.entries(activity.changed ?? {}).filter(([name]) => !DERIVED_FIELDS.has(name));
  return (
    <>
      <div>
        {otherRecord && <>{otherRecord}: </>}
        <span className={classes.what}>{activityLabel(activity.type)}</span>{' '}
        <span className={classes.aside}>
          by <Actor actor={activity.actor} /> · <Moment at={activity.occurred_at} />
        </span>
      </div>
      {changes.length > 0 && (
        <ul className={classes.changes}>
          {changes.map(([name, before]) => (
            <li key={name}>
              {fieldLabel(name)}
              <PreviousValue name={name} value={before} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Fields that change as a result of another change. */
const DERIVED_FIELDS = new Set([
  'completed_at',
  'closed_at',
  'converted_at',
  'first_contacted_at',
  'updated_at',
  'version',
]);

/** `deal.stage_changed` to `Stage changed`. */
function activityLabel(type: string): string {
  return capitalised(type.slice(type.indexOf('.') + 1).replaceAll('_', ' '));
}

/** The previous value of a field. IDs and objects are left out: they are not readable, or too long. */
function PreviousValue({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'object' || value === undefined) return null;
  const shown = previousValue(name, value as string | number | boolean);
  return shown === null ? null : <span className={classes.aside}> was {shown}</span>;
}

function previousValue(name: string, value: string | number | boolean): ReactNode {
  if (name === 'stage_id') return <StageName id={String(value)} />;
  if (name === 'owner_id' || name === 'assignee_id') return <PersonName id={String(value)} />;
  if (name.endsWith('_id')) return null;
  const text = String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
