import { coalesce } from '../../base/coalesce.ts';
import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';

/**
 * Wakes lanes after the change that queued something for them has committed. A change never locks lanes itself:
 * batches would deadlock over them, and a wake could be overwritten from an older snapshot. Rows are locked in key
 * order. The time is truncated to milliseconds. The column would round it, half the time into the future, and the
 * claim that follows at once would not see it. The sweep (sweep.ts) makes up for a wake that is lost to a crash after
 * the commit.
 */
const WAKE = {
  name: 'lane.wake',
  text: `
with notified as (
  select l.workspace_id, l.endpoint_id
  from unnest($1::uuid[], $2::uuid[]) as r(workspace_id, endpoint_id)
  join lane l on l.workspace_id = r.workspace_id and l.endpoint_id = r.endpoint_id
  order by l.workspace_id, l.endpoint_id
  for update of l
),
woken as (
  update lane l
  set wake = l.wake + 1, due = least(l.due, greatest(date_trunc('milliseconds', clock_timestamp()), l.not_before))
  from notified n where l.workspace_id = n.workspace_id and l.endpoint_id = n.endpoint_id
  returning 1
)
select pg_notify('fairlead_lane', $3) from (select count(*) from woken) w`,
};

/** The channel on which processes notify each other that lanes have become due. */
export const LANE_CHANNEL = 'fairlead_lane';

/** A notification holds 8,000 bytes: more endpoints than this are sent as `*`. */
const MAX_NAMED_ENDPOINTS = 150;

/** `<instance> <endpoint id> …`, or `<instance> *`. */
function formatNotification(instance: string, keys: readonly LaneKey[]): string {
  return keys.length > MAX_NAMED_ENDPOINTS
    ? `${instance} *`
    : `${instance} ${keys.map(([, id]) => id).join(' ')}`;
}

/** The endpoints that another process woke: `*` for too many to list, null for this process's own notification. */
export function parseNotification(instance: string, payload: string): string[] | '*' | null {
  const [sender, ...ids] = payload.split(' ');
  if (sender === instance) return null;
  return ids[0] === '*' ? '*' : ids;
}

export interface Waker {
  /** Wakes these lanes soon; never throws. */
  notify(lanes: readonly LaneKey[]): void;
  /** The same, resolved when it is done. */
  notifyNow(lanes: readonly LaneKey[]): Promise<void>;
}

/**
 * @param instance identifies this process among those that share the database
 * @param onNotify called with the endpoints whose lanes were woken, for a worker in this process
 */
export function makeWaker(
  db: Database,
  log: Logger,
  instance: string,
  onNotify: (endpointIds: readonly string[]) => void,
): Waker {
  const batches = coalesce<readonly LaneKey[], void>({
    slots: 1,
    groupOf: () => '',
    maxWeight: 10_000,
    maxWaiting: 100_000,
    async run(lists) {
      const lanes = new Map(lists.flat().map((lane) => [lane.join(), lane]));
      const keys = [...lanes.values()];
      await db.pool.query({
        ...WAKE,
        values: [keys.map(([w]) => w), keys.map(([, e]) => e), formatNotification(instance, keys)],
      });
      onNotify(keys.map(([, id]) => id));
      return lists.map(() => undefined);
    },
  });

  return {
    notifyNow: (lanes) => (lanes.length > 0 ? batches.add(lanes) : Promise.resolve()),
    notify(lanes) {
      if (lanes.length === 0) return;
      batches.add(lanes).catch((error: Error) => {
        log.warn({ err: error.message, lanes: lanes.length }, 'wake lost; the sweep will find what is due');
      });
    },
  };
}
