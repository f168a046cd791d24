import type { Uuid } from '../../base/id.ts';
import { makeBatchWriter } from '../../db/batch-writer.ts';
import type { Database } from '../../db/pool.ts';
import type { Statement } from '../../db/query.ts';
import type { RequestTemplate } from '../log/attempt-request.ts';

/** How a delivery ended (states.md); null for an attempt that another one will follow. */
export type FinalState = 'delivered' | 'failed' | 'expired' | 'dropped' | 'crashed';

/** The outcome of one attempt, to be stored. Texts must be well-formed and hold no NUL. */
export interface Settlement {
  workspaceId: Uuid;
  endpointId: Uuid;
  token: Uuid;
  deliveryId: Uuid;
  /** Attempts made before this one, as they were read: the fence. */
  attempt: number;
  attemptId: Uuid;
  at: string;
  durationMs: number;
  status: number | null;
  failure: string | null;
  detail: string | null;
  response: string | null;
  /** What was sent, as JSON, and the template that it refers to (attempt-request.ts); null if nothing was. */
  request: string | null;
  template: RequestTemplate | null;
  /** Null if it is to be tried again, after `delayMs`. */
  state: FinalState | null;
  delayMs: number | null;
  /** Failed attempts in a row with this one, stored with the lane; null if they are not counted. */
  failures: number | null;
}

/**
 * Takes effect only while the lane is held under this token and the row has as many attempts as when it was read: a
 * worker that lost its lease settles nothing. A settled delivery leaves the queue and is kept as its last attempt.
 * Each step passes its rows to the next one whole: a join by number would compare each row with each, since no plan
 * knows how many there are. The statement never creates queue rows and has no value that PostgreSQL could refuse.
 * Templates of requests and the count of failures are left out if no outcome of the batch needs them.
 */
function settling({ templates, counts }: { templates: boolean; counts: boolean }): Statement {
  const text = `
with s as materialized (
  select * from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::uuid[], $7::timestamptz[], $8::int[],
    $9::int[], $10::text[], $11::text[], $12::text[], $13::json[], $14::text[], $15::bigint[], $16::int[], $17::text[]
  ) with ordinality as s(
    w, p, token, d, attempt, a, at, ms, status, failure, detail, response, request, state, delay, failures, template, n)
),
ours as (
  select s.* from s join lane l on l.workspace_id = s.w and l.endpoint_id = s.p and l.token = s.token
),
gone as (
  delete from queue q using ours s
  where q.workspace_id = s.w and q.id = s.d and q.attempt = s.attempt and s.state is not null
  returning s.*, q.event_id, q.event_type, q.kind, null::timestamptz as next_at
),
kept as (
  update queue q
  set attempt = s.attempt + 1, due_at = clock_timestamp() + s.delay * interval '1 ms', last_failure = s.failure
  from ours s
  where q.workspace_id = s.w and q.id = s.d and q.attempt = s.attempt and s.state is null
  returning s.*, q.event_id, q.event_type, q.kind, q.due_at as next_at
),
settled as (select * from gone union all select * from kept),
logged as (
  insert into attempt
    (workspace_id, id, endpoint_id, delivery_id, event_id, event_type, kind, number, at, duration_ms,
     status, failure, detail, response, request, next_at, state)
  select w, a, p, d, event_id, event_type, kind, attempt + 1, at, ms,
         status, failure, detail, response, request, next_at, state
  from settled
)${templates ? `,${TEMPLATES}` : ''}${counts ? `,${COUNTED}` : ''}
select coalesce(array_agg(n::int), '{}') as settled from settled`;
  return { name: `delivery.settle${templates ? '.templates' : ''}${counts ? '.counts' : ''}`, text };
}

/** Stores templates that are new, in key order: two processes that store the same ones must not deadlock. */
const TEMPLATES = `
templated as (
  insert into request_template (workspace_id, endpoint_id, id, template)
  select distinct on (w, p, request ->> 0) w, p, request ->> 0, template::json
  from settled where template is not null order by w, p, request ->> 0
  on conflict do nothing
)`;

/** Stores the last count of each lane; lanes are locked in key order, after the queue. */
const COUNTED = `
counted as (
  select distinct on (w, p) w, p, token, failures from settled where failures is not null order by w, p, n desc
),
locked as (
  select l.workspace_id, l.endpoint_id, c.failures
  from counted c join lane l on l.workspace_id = c.w and l.endpoint_id = c.p and l.token = c.token
  where l.failures <> c.failures
  order by l.workspace_id, l.endpoint_id for update of l
),
noted as (
  update lane l set failures = k.failures from locked k
  where l.workspace_id = k.workspace_id and l.endpoint_id = k.endpoint_id
)`;

const SETTLE = settling({ templates: false, counts: false });
const SETTLE_COUNTS = settling({ templates: false, counts: true });
const SETTLE_TEMPLATES = settling({ templates: true, counts: false });
const SETTLE_TEMPLATES_COUNTS = settling({ templates: true, counts: true });

export interface Settler {
  /** `done` gets whether it took effect: false if the lease was lost or another holder settled it. */
  settle(settlement: Settlement, done: (tookEffect: boolean) => void, failed: (error: Error) => void): void;
}

export function makeSettler(db: Database): Settler {
  const batches = makeBatchWriter<Settlement, boolean>(db, {
    groupOf: (item) => item.endpointId,
    keysOf: (item) => [item.deliveryId],
    weigh: (item) => ({ weight: 1, bytes: 300 + (item.response?.length ?? 0) + (item.request ? 200 : 0) }),
    maxWeight: 256,
    // Never refused: an outcome that is not stored is sent again. The bytes that lanes may hold limit the queue.
    maxWaiting: Infinity,
    // A request cannot be unsent: the longer an outcome may wait for the database, the fewer are sent twice.
    timeoutMs: 60_000,
    async run(on, settlements) {
      const counts = settlements.some(({ failures }) => failures !== null);
      const templates = settlements.some(({ template }) => template?.isStored === false);
      const withTemplates = counts ? SETTLE_TEMPLATES_COUNTS : SETTLE_TEMPLATES;
      const without = counts ? SETTLE_COUNTS : SETTLE;
      const { rows } = await on.query<{ settled: number[] }>({
        ...(templates ? withTemplates : without),
        values: columnsOf(settlements),
      });
      const results = settlements.map(() => false);
      for (const n of rows[0]!.settled) {
        results[n - 1] = true;
        const { template } = settlements[n - 1]!;
        if (template) template.isStored = true;
      }
      return results;
    },
  });
  return { settle: (settlement, done, failed) => batches.enqueue(settlement, done, failed) };
}

/**
 * The columns of the statement's input as texts of PostgreSQL's arrays. They are read six times as fast as JSON, and are
 * written by hand since every attempt is in one.
 */
function columnsOf(items: readonly Settlement[]): (string | null)[] {
  return [
    plain(items, ({ workspaceId }) => workspaceId),
    plain(items, ({ endpointId }) => endpointId),
    plain(items, ({ token }) => token),
    plain(items, ({ deliveryId }) => deliveryId),
    plain(items, ({ attempt }) => attempt),
    plain(items, ({ attemptId }) => attemptId),
    plain(items, ({ at }) => at),
    plain(items, ({ durationMs }) => durationMs),
    numbers(items, ({ status }) => status),
    texts(items, ({ failure }) => failure),
    texts(items, ({ detail }) => detail),
    texts(items, ({ response }) => response),
    texts(items, ({ request }) => request),
    texts(items, ({ state }) => state),
    numbers(items, ({ delayMs }) => delayMs),
    numbers(items, ({ failures }) => failures),
    texts(items, ({ template }) => (template === null || template.isStored ? null : template.text)),
  ];
}

/** Ids, times and numbers need no escaping. */
function plain(items: readonly Settlement[], pick: (item: Settlement) => string | number): string {
  return `{${items.map(pick).join(',')}}`;
}

/** Null if all of them are: `unnest` then reads nothing. */
function numbers(items: readonly Settlement[], pick: (item: Settlement) => number | null): string | null {
  if (items.every((item) => pick(item) === null)) return null;
  return plain(items, (item) => pick(item) ?? 'null');
}

function texts(items: readonly Settlement[], pick: (item: Settlement) => string | null): string | null {
  if (items.every((item) => pick(item) === null)) return null;
  return plain(items, (item) => quoted(pick(item)));
}

/** `replaceAll` takes a third of the time of a regular expression. */
function quoted(value: string | null): string {
  if (value === null) return 'null';
  const text = value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
  return `"${text.replaceAll('"', '\\"')}"`;
}
