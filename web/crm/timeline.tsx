import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { timelineQuery, type Activity } from '../api/activity-queries.ts';
import { useMay } from '../api/session-queries.ts';
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
import { merged, type Happening } from './timeline-list.ts';
import classes from './timeline.module.css';

/**
 * What happened to a record, newest first.
 * @param beside what else is told there, also newest first: each entry goes to its place
 */
export function Timeline({ recordId, beside }: { recordId: string; beside?: ReadList<Happening> }) {
  const may = useMay('activities:read');
  const activities = useInfiniteQuery({ ...timelineQuery(recordId), enabled: may });
  if (!may) return <Text c="dimmed">You may not see what happened here.</Text>;
  const own: ReadList<Happening> = {
    ...activities,
    data: activities.data?.map((item) => asHappening(item, recordId)),
  };
  const lists = beside ? [own, beside] : [own];
  const broken = lists.find(({ error }) => error !== null);
  if (broken?.error) return <ErrorPanel error={broken.error} retry={() => void broken.refetch()} />;
  const story = merged(lists);
  if (story === null) {
    return (
      <Stack gap="lg" aria-busy>
        <Skeleton height={10} width="40%" />
        <Skeleton height={10} width="55%" />
      </Stack>
    );
  }
  const further = lists.filter(({ hasNextPage }) => hasNextPage);
  return (
    <>
      <ol className={classes.list} aria-label="Timeline">
        {story.map(({ id, shown }) => (
          <li key={id} className={classes.entry}>
            {shown}
          </li>
        ))}
      </ol>
      {further.length > 0 && (
        <Button
          variant="default"
          size="xs"
          loading={further.some(({ isFetchingNextPage }) => isFetchingNextPage)}
          onClick={() => further.forEach((list) => void list.fetchNextPage())}
        >
          Show earlier
        </Button>
      )}
    </>
  );
}

function asHappening(activity: Activity, recordId: string): Happening {
  const isOwn = activity.record_id === recordId.toLowerCase();
  return {
    id: activity.id,
    at: activity.occurred_at,
    shown: <Entry activity={activity} of={isOwn ? null : <OtherRecord activity={activity} />} />,
  };
}

/** Records whose timeline is part of another's, and their pages. */
const PAGES = { deal: paths.deal, task: paths.task, lead: paths.lead };

function OtherRecord({ activity: { record_type: type, record_id: id } }: { activity: Activity }) {
  const label = fieldLabel(type);
  return type in PAGES ? <TextLink {...PAGES[type as keyof typeof PAGES](id)}>{label}</TextLink> : label;
}

/** @param of the record that it happened to, where that is another one */
function Entry({ activity, of }: { activity: Activity; of: ReactNode }) {
  const changes = Object.entries(activity.changed ?? {}).filter(([name]) => !FOLLOWING.has(name));
  return (
    <>
      <div>
        {of && <>{of}: </>}
        <span className={classes.what}>{happened(activity.type)}</span>{' '}
        <span className={classes.aside}>
          by <Actor actor={activity.actor} /> · <Moment at={activity.occurred_at} />
        </span>
      </div>
      {changes.length > 0 && (
        <ul className={classes.changes}>
          {changes.map(([name, before]) => (
            <li key={name}>
              {fieldLabel(name)}
              <Before name={name} value={before} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What follows from another change, and is no news beside it. */
const FOLLOWING = new Set([
  'completed_at',
  'closed_at',
  'converted_at',
  'first_contacted_at',
  'updated_at',
  'version',
]);

/** `deal.stage_changed` to `Stage changed`. */
function happened(type: string): string {
  return capitalised(type.slice(type.indexOf('.') + 1).replaceAll('_', ' '));
}

/** What a field was. An id says nothing to people, and a list of fields would fill the page. */
function Before({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'object' || value === undefined) return null;
  const shown = shownBefore(name, value as string | number | boolean);
  return shown === null ? null : <span className={classes.aside}> was {shown}</span>;
}

function shownBefore(name: string, value: string | number | boolean): ReactNode {
  if (name === 'stage_id') return <StageName id={String(value)} />;
  if (name === 'owner_id' || name === 'assignee_id') return <PersonName id={String(value)} />;
  if (name.endsWith('_id')) return null;
  const text = String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
