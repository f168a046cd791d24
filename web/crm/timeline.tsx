import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { timelineQuery, type Activity } from '../api/activity-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { capitalised } from '../ui/capitalised.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Moment } from '../ui/moment.tsx';
import { Actor } from './actor.tsx';
import { StageName } from './deals/stage-name.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import { PersonName } from './person.tsx';
import classes from './timeline.module.css';

/** What happened to a record, newest first. */
export function Timeline({ recordId }: { recordId: string }) {
  const may = useMay('activities:read');
  const list = useInfiniteQuery({ ...timelineQuery(recordId), enabled: may });
  if (!may) return <Text c="dimmed">You may not see what happened here.</Text>;
  if (list.error) return <ErrorPanel error={list.error} retry={() => void list.refetch()} />;
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
          <Entry key={activity.id} activity={activity} />
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

function Entry({ activity }: { activity: Activity }) {
  const changes = Object.entries(activity.changed ?? {}).filter(([name]) => !FOLLOWING.has(name));
  return (
    <li className={classes.entry}>
      <div>
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
    </li>
  );
}

/** What follows from another change, and is no news beside it. */
const FOLLOWING = new Set(['completed_at', 'closed_at', 'updated_at', 'version']);

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
