import type { Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import { withTimeout, type Database } from '../db/pool.ts';

/** Accepted requests of a key. */
export interface UsageCounts {
  requests: number;
  /** Responses with status 500 or more. */
  server_errors: number;
  /** Responses with status 429. */
  rate_limited: number;
}

/** Both time spans consist of whole hours, including the current one. */
export interface Usage {
  last_24_hours: UsageCounts;
  last_7_days: UsageCounts;
}

export interface UsageMeter {
  /** Counts a completed request of a key; written within seconds. */
  record(key: { workspaceId: Uuid; id: Uuid }, status: number): void;
  /** The usage of these keys of a workspace, by key; zeros for an unused key. */
  find(workspaceId: Uuid, keyIds: readonly Uuid[]): Promise<Map<Uuid, Usage>>;
  /** Writes all counts that are in memory. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface HourCount extends UsageCounts {
  workspaceId: Uuid;
  keyId: Uuid;
  /** Wall-clock milliseconds: the start of the hour, and the last use in it. */
  hour: number;
  last: number;
}

const HOUR_MS = 3_600_000;
const FLUSH_MS = 2_000;
const STOP_MS = 2_000;
/** How many hours are kept: more than a week. */
const KEPT_HOURS = 8 * 24;

/** Rows are updated in key order, so that processes do not deadlock. */
const ADD = {
  name: 'usage.add',
  text: `
with noted as (
  select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::int[], $7::int[])
    as n(workspace_id, api_key_id, hour, last, requests, server_errors, rate_limited)
),
added as (
  insert into key_usage as u (workspace_id, api_key_id, hour, requests, server_errors, rate_limited)
  select workspace_id, api_key_id, hour, requests, server_errors, rate_limited from noted
  order by workspace_id, api_key_id, hour
  on conflict (workspace_id, api_key_id, hour) do update
    set requests = u.requests + excluded.requests, server_errors = u.server_errors + excluded.server_errors,
        rate_limited = u.rate_limited + excluded.rate_limited
),
used as (
  select k.workspace_id, k.id, n.last
  from api_key k
  join (select workspace_id, api_key_id, max(last) as last from noted group by workspace_id, api_key_id) n
    on n.workspace_id = k.workspace_id and n.api_key_id = k.id
  order by k.workspace_id, k.id
  for no key update of k
)
update api_key k set last_used_at = greatest(k.last_used_at, u.last)
from used u where u.workspace_id = k.workspace_id and u.id = k.id`,
};

const READ = {
  name: 'usage.read',
  text: `
select api_key_id as id, hour > $3::timestamptz - interval '24 hours' as today, sum(requests)::int as requests,
       sum(server_errors)::int as server_errors, sum(rate_limited)::int as rate_limited
from key_usage
where workspace_id = $1 and api_key_id = any($2::uuid[]) and hour > $3::timestamptz - interval '7 days'
group by api_key_id, today`,
};

/**
 * Collects the usage of keys in memory and writes it every two seconds: a killed process loses what it had not
 * written. Hours older than eight days are deleted.
 */
export function makeUsageMeter(db: Database, clock: Clock, log: Logger): UsageMeter {
  let noted = new Map<string, HourCount>();
  let flushing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let forgotAt = 0;

  function add(entry: HourCount): void {
    const place = `${entry.keyId} ${entry.hour}`;
    const existing = noted.get(place);
    if (!existing) return void noted.set(place, entry);
    existing.requests += entry.requests;
    existing.server_errors += entry.server_errors;
    existing.rate_limited += entry.rate_limited;
    existing.last = Math.max(existing.last, entry.last);
  }

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const entries = [...noted.values()];
    noted = new Map();
    try {
      if (entries.length > 0) await db.pool.query({ ...ADD, values: columns(entries) });
      await forget();
    } catch (error) {
      for (const entry of entries) add(entry);
      log.debug({ err: (error as Error).message }, 'usage of keys not written; will be retried');
      schedule();
    }
  }

  async function forget(): Promise<void> {
    if (clock.now() - forgotAt < HOUR_MS) return;
    forgotAt = clock.now();
    const before = new Date(clock.now() - KEPT_HOURS * HOUR_MS);
    await db.pool.query('delete from key_usage where hour < $1', [before]);
  }

  function schedule(): void {
    timer ??= setTimeout(() => void meter.flush(), FLUSH_MS).unref();
  }

  const meter: UsageMeter = {
    record({ workspaceId, id: keyId }, status) {
      const now = clock.now();
      add({
        workspaceId,
        keyId,
        hour: now - (now % HOUR_MS),
        last: now,
        requests: 1,
        server_errors: status >= 500 ? 1 : 0,
        rate_limited: status === 429 ? 1 : 0,
      });
      schedule();
    },

    async find(workspaceId, keyIds) {
      const rows = await db.read<UsageCounts & { id: Uuid; today: boolean }>(READ, [
        workspaceId,
        keyIds,
        new Date(clock.now()),
      ]);
      return new Map(keyIds.map((id) => [id, usageOf(rows.filter((row) => row.id === id))]));
    },

    flush() {
      flushing = flushing.then(write);
      return flushing;
    },

    async stop() {
      // A database that is gone or hangs must not block the stop.
      await withTimeout(meter.flush(), STOP_MS).catch(() => {});
      clearTimeout(timer);
    },
  };
  return meter;
}

function usageOf(rows: readonly (UsageCounts & { today: boolean })[]): Usage {
  const sum = (find: readonly UsageCounts[]): UsageCounts => ({
    requests: find.reduce((total, { requests }) => total + requests, 0),
    server_errors: find.reduce((total, { server_errors: errors }) => total + errors, 0),
    rate_limited: find.reduce((total, { rate_limited: limited }) => total + limited, 0),
  });
  return { last_24_hours: sum(rows.filter(({ today }) => today)), last_7_days: sum(rows) };
}

function columns(entries: readonly HourCount[]): unknown[][] {
  return [
    entries.map(({ workspaceId }) => workspaceId),
    entries.map(({ keyId }) => keyId),
    entries.map(({ hour }) => new Date(hour)),
    entries.map(({ last }) => new Date(last)),
    entries.map(({ requests }) => requests),
    entries.map(({ server_errors: errors }) => errors),
    entries.map(({ rate_limited: limited }) => limited),
  ];
}
