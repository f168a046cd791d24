import { coalesce } from '../../base/coalesce.ts';
import type { Uuid } from '../../base/id.ts';
import { failureKind } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import type { Statement } from '../../db/query.ts';
import type { Numbers } from '../../events/record-number.ts';
import {
  CARRY,
  CLAIM,
  CLEAR_CRASH,
  COUNT_CRASH,
  MARK_SUSPECT,
  NEXT_DUE,
  READ,
  RELEASE,
  RENEW,
  REST,
} from './claim-statements.ts';
import type { Carried } from '../endpoint/send-rate.ts';
import { DEMOTE, PROMOTE } from './record-order.ts';

/** How often a lane statement is tried when it meets a deadlock or a lock that is held for long. */
const MAX_TRIES = 10;

/** How long a worker holds a lane before it must renew, in milliseconds. */
export const LEASE_MS = 15_000;

/** A lane as its new holder gets it. */
export interface Claimed {
  workspace_id: Uuid;
  endpoint_id: Uuid;
  token: Uuid;
  /** How many holders in a row took it over from one that never released it. */
  takeovers: number;
  /** The delivery that was alone in flight when the last holder vanished. */
  suspect: Uuid | null;
  suspect_crashes: number;
  slow_streak: number;
  /** Failed attempts in a row, if the webhook counts them. */
  failures: number;
  /** Requests that the last holder began, and for how many ms they still count against the rate. */
  rate_used: number;
  rate_for_ms: number;
}

/** A queue row with its event, ready to be made into a request. */
export interface DueDelivery {
  id: Uuid;
  event_id: Uuid;
  event_type: string;
  kind: 'event' | 'resend' | 'test';
  /** The record whose events the webhook wants in order; null if it wants none in order. */
  order_key: Uuid | null;
  attempt: number;
  bytes: number;
  due_at: string;
  /** How long it had been due when it was read, in seconds. */
  lag_s: number;
  expired: boolean;
  object_type: string | null;
  object_id: Uuid | null;
  occurred_at: string | null;
  /** The record as JSON text; null if the event was deleted. */
  data: string | null;
  /** The event's context as JSON text; null for most. */
  context: string | null;
  /** Whether the webhook has the names and integer ids of its format's system. */
  own_names: boolean;
  /** Then: the numbers of the objects whose ids are in the record. */
  numbers?: Numbers;
}

/** The result of reading a lane: whether it is still held, its state, and what is due after the cursor. */
export interface LaneRead {
  held: boolean;
  wake: number;
  endpointVersion: number;
  /** Whether there are unranked rows (record-order.ts). */
  unranked: boolean;
  due: DueDelivery[];
  /** In how many ms the first row that is not due yet will be; null if there is none. */
  nextInMs: number | null;
}

export interface ReadRequest {
  workspaceId: Uuid;
  endpointId: Uuid;
  token: Uuid;
  /** Rows after this position in (due_at, id); `-infinity` for the beginning. */
  afterDue: string;
  afterId: Uuid;
  maxRows: number;
  maxBytes: number;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';
export const QUEUE_START = { afterDue: '-infinity', afterId: NO_ID };

export interface Held {
  workspaceId: Uuid;
  endpointId: Uuid;
  token: Uuid;
}

/** The lane protocol (states.md, lane.pml). Calls for several lanes are combined into one statement. */
export interface Lanes {
  claim(max: number, token: Uuid, workspaceId: Uuid | null): Promise<Claimed[]>;
  /** Extends the lease by `LEASE_MS`. False if the lane is no longer held. */
  renew(lane: Held): Promise<boolean>;
  /**
   * Releases a lane.
   * @param wake as the read that found nothing returned it
   * @returns in how many ms the lane is due again, null for never; undefined if it was woken since that read or is no
   *   longer held, and nothing was changed
   */
  release(lane: Held, wake: number): Promise<number | null | undefined>;
  /** In how many ms the first sleeping lane is due; null if none is within `withinMs`. */
  nextDue(withinMs: number): Promise<number | null>;
  read(request: ReadRequest): Promise<LaneRead>;
  /** Stores which delivery is sent alone, null once it is settled. False if the lane is no longer held. */
  markSuspect(lane: Held, deliveryId: Uuid | null): Promise<boolean>;
  /** Counts a crash against the suspect. Returns how many it has now. */
  countCrash(lane: Held): Promise<number>;
  /** Undoes a takeover: its former holder lives. */
  clearCrash(lane: Held): Promise<void>;
  rest(lane: Held, forMs: number, slowStreak: number): Promise<void>;
  carry(lane: Held, carried: Carried): Promise<void>;
  /**
   * Ranks new rows in the order of their records, and checks the given records again (record-order.ts).
   * @returns how many rows became due, and whether there are more unranked rows
   */
  promote(lane: Held, records: readonly Uuid[]): Promise<{ due: number; more: boolean }>;
  demote(lane: Held): Promise<void>;
}

export function makeLanes(db: Database): Lanes {
  const batching = { groupOf: () => '', slots: 1, maxWeight: 200, maxWaiting: 1_000_000 };

  const renewals = coalesce<Held, boolean>({
    ...batching,
    async run(lanes) {
      const wakes = lanes.map(() => 0);
      const rows = await changeHeld(db, RENEW, lanes, wakes, LEASE_MS);
      return rows.map((row) => row !== undefined);
    },
  });

  const releases = coalesce<{ lane: Held; wake: number }, number | null | undefined>({
    ...batching,
    async run(items) {
      const lanes = items.map(({ lane }) => lane);
      const wakes = items.map(({ wake }) => wake);
      const rows = await changeHeld(db, RELEASE, lanes, wakes);
      return rows.map((row) => row && (row.due_in_ms ?? null));
    },
  });

  const reads = coalesce<ReadRequest, LaneRead>({
    ...batching,
    slots: 2,
    groupOf: (request) => request.endpointId,
    run: (requests) => readLanes(db, requests),
  });

  return {
    claim: (max, token, workspaceId) => run<Claimed>(db, CLAIM, [max, token, LEASE_MS, workspaceId]),
    renew: (lane) => renewals.add(lane),
    release: (lane, wake) => releases.add({ lane, wake }),
    read: (request) => reads.add(request),
    async nextDue(withinMs) {
      const [next] = await run<{ ms: number }>(db, NEXT_DUE, [withinMs]);
      return next?.ms ?? null;
    },

    async markSuspect(lane, deliveryId) {
      const rows = await run(db, MARK_SUSPECT, [...keyOf(lane), deliveryId]);
      return rows.length > 0;
    },
    async countCrash(lane) {
      const rows = await run<{ suspect_crashes: number }>(db, COUNT_CRASH, keyOf(lane));
      return rows[0]?.suspect_crashes ?? 0;
    },
    async clearCrash(lane) {
      await run(db, CLEAR_CRASH, keyOf(lane));
    },
    async rest(lane, forMs, slowStreak) {
      await run(db, REST, [...keyOf(lane), forMs, slowStreak]);
    },
    async carry(lane, { used, forMs }) {
      await run(db, CARRY, [...keyOf(lane), used, forMs]);
    },
    async promote(lane, records) {
      const [promoted] = await run<{ due: number; more: boolean }>(db, PROMOTE, [...keyOf(lane), records]);
      return promoted!;
    },
    async demote(lane) {
      await run(db, DEMOTE, keyOf(lane));
    },
  };
}

interface LaneRow {
  endpoint_id: Uuid;
  token: Uuid;
  /** Of a release. */
  due_in_ms?: number | null;
}

/**
 * Runs a statement on several held lanes.
 * @returns for each lane its row, undefined if it is no longer held or was not changed. Rows are found by token: this
 *   process may have claimed the same endpoint again since.
 */
async function changeHeld(
  db: Database,
  statement: Statement,
  lanes: Held[],
  wakes: number[],
  ...more: unknown[]
): Promise<(LaneRow | undefined)[]> {
  const values = [
    lanes.map((l) => l.workspaceId),
    lanes.map((l) => l.endpointId),
    lanes.map((l) => l.token),
    wakes,
    ...more,
  ];
  const rows = await run<LaneRow>(db, statement, values);
  const changed = new Map(rows.map((row) => [row.endpoint_id + row.token, row]));
  return lanes.map((lane) => changed.get(lane.endpointId + lane.token));
}

/** Lane statements are short, and safe to repeat after a deadlock or a lock that is held for long. */
async function run<Row>(db: Database, statement: Statement, values: unknown[]): Promise<Row[]> {
  for (let tried = 1; ; tried++) {
    try {
      return (await db.pool.query({ ...statement, values })).rows as Row[];
    } catch (error) {
      const kind = failureKind(error);
      if (tried === MAX_TRIES || (kind !== 'conflict' && kind !== 'locked')) throw error;
    }
  }
}

type ReadRow = DueDelivery & {
  n: number;
  held: boolean;
  wake: number;
  endpoint_version: number;
  unranked: boolean;
  next_in_ms: number | null;
  id: Uuid | null;
  /** 1 in the row that has the columns of its event; greater in others of the same event. */
  nth: number;
};

async function readLanes(db: Database, requests: ReadRequest[]): Promise<LaneRead[]> {
  const column = <K extends keyof ReadRequest>(key: K) => requests.map((request) => request[key]);
  const rows = await run<ReadRow>(db, READ, [
    requests.map((_, n) => n),
    column('workspaceId'),
    column('endpointId'),
    column('token'),
    column('afterDue'),
    column('afterId'),
    column('maxRows'),
    column('maxBytes'),
  ]);
  const results = requests.map((): LaneRead => ({
    held: false,
    wake: 0,
    endpointVersion: 0,
    unranked: false,
    due: [],
    nextInMs: null,
  }));
  shareEvents(requests, rows);
  for (const row of rows) {
    const result = results[row.n]!;
    result.held = row.held;
    result.wake = row.wake;
    result.endpointVersion = row.endpoint_version;
    result.unranked = row.unranked;
    result.nextInMs = row.next_in_ms;
    if (row.id !== null) result.due.push(row);
  }
  return results;
}

/** Copies the columns of an event to the other rows that send it. */
function shareEvents(requests: readonly ReadRequest[], rows: readonly ReadRow[]): void {
  if (rows.every(({ nth }) => nth === 1)) return;
  const keyIn = (row: ReadRow) => requests[row.n]!.workspaceId + row.event_id;
  const first = new Map(rows.filter(({ nth }) => nth === 1).map((row) => [keyIn(row), row]));
  for (const row of rows) {
    if (row.nth === 1) continue;
    const { object_type, object_id, occurred_at, data, context } = first.get(keyIn(row))!;
    Object.assign(row, { object_type, object_id, occurred_at, data, context });
  }
}

function keyOf(lane: Held): [Uuid, Uuid, Uuid] {
  return [lane.workspaceId, lane.endpointId, lane.token];
}
