import {
  AlreadyAnswered,
  type Idempotency,
  type IdempotencyClaim,
  type StoredAnswer,
} from '../account/idempotency.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { withoutUnchanged } from '../base/values/same.ts';
import { RETRY, makeBatchWriter } from '../db/batch-writer.ts';
import type { Database, Queryable, Statement } from '../db/pool.ts';
import type { Fired } from '../events/outbox.ts';
import type { LaneKey } from '../delivery/wake.ts';
import type { References } from './reference.ts';
import { BASE_COLUMNS, recordSql, type InsertGateSql } from './record-statement.ts';
import { differences, type BaseRecord, type Change, type Noun } from './noun.ts';

/** What a store needs from the rest of the house. */
export interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  /** Tells the delivery engine, after the commit, which lanes have something new. */
  notify(lanes: LaneKey[]): void;
  references: References;
  idempotency: Idempotency;
  /** The formats whose `*` includes an event type. */
  wildcardFormats(type: string): string[];
}

/** Who writes, and under which idempotency key, if any. */
export interface Writer {
  workspaceId: Uuid;
  actor: string;
  claim?: IdempotencyClaim;
}

/** Answered in place of a result where the idempotency key was taken: give the answer kept under it. */
export const REPLAY = Symbol('replay');

/**
 * Reads and writes one kind of record. Every write is a list underneath: concurrent requests are gathered
 * into one statement that holds records, events, timeline, queue rows and idempotency answers.
 */
export interface RecordStore<R extends BaseRecord, Input extends object> {
  /** Works out a new record; throws what the noun's rules throw. Nothing is written yet. */
  prepare(writer: Writer, input: Input): Write;
  /**
   * Throws `validation_error` where the input names a record that the workspace does not have.
   * @param id the record that is changed; what it named before may stay, though it was deleted since
   */
  checkReferences(workspaceId: Uuid, input: object, id?: Uuid): Promise<void>;
  /** Writes new records, all or none; the answer is kept with them under the writer's key. */
  create(writer: Writer, writes: Write[], answer: StoredAnswer): Promise<StoredAnswer | typeof REPLAY>;
  /**
   * Changes one record, or deletes it where `change` is null. A change that alters nothing writes nothing
   * and fires nothing. Throws `not_found`, `precondition_failed` or what the noun's rules throw.
   * @param expected the version the client last saw, or null for whatever there is
   * @param sent the change as it came: a field that is sent back as it is stored stays so, whatever it would be made to now
   */
  change(
    writer: Writer,
    id: Uuid,
    change: Change<Input> | null,
    expected: readonly number[] | null,
    answer: (record: R) => StoredAnswer,
    sent?: unknown,
  ): Promise<StoredAnswer | typeof REPLAY>;
  /**
   * The same as `create` within a transaction of the caller's, beside whatever else that does. Throws what the noun's
   * intake throws, and `AlreadyAnswered` where the writer's key was taken.
   * @param answer kept under the writer's key, if any
   * @returns the lanes to ring once it is committed
   */
  createWithin(on: Queryable, writer: Writer, writes: Write[], answer?: StoredAnswer): Promise<LaneKey[]>;
  /** The same as `change`, of a record whose row the transaction has locked. */
  changeWithin(
    on: Queryable,
    writer: Writer,
    id: Uuid,
    change: Change<Input>,
    expected: readonly number[] | null,
    answer: (record: R) => StoredAnswer,
    sent?: unknown,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  get(workspaceId: Uuid, id: Uuid): Promise<R | undefined>;
  /** When a record was deleted; undefined where it was not, or never was. */
  deletedAt(workspaceId: Uuid, id: Uuid): Promise<string | undefined>;
  /** Rows of the noun's table, as records. */
  toRecord(row: Record<string, unknown>): R;
}

/** One record to write and what it fires, ready for the statement. */
export interface Write {
  id: Uuid;
  /** The record as JSON: what the API answers and the event carries. */
  text: string;
  at: string;
  events: Fired[];
  /** What the noun's intake writes beside it, as a JSON object of its columns, at least one. */
  related?: string;
}

/** A noun's own part in writing new records. */
export interface InsertGate {
  sql: InsertGateSql;
  /** Records in a flight, where their statement takes long: this process readies the next ones meanwhile. */
  maxWeight?: number;
  /**
   * What became of the units that the gate turned away, by their place in the flight: the error for each, or AGAIN
   * where it is to be tried in the next statement.
   * @param told what `sql.told` made
   */
  turnedAway(on: Queryable, told: unknown): Promise<Map<number, Error | typeof RETRY>>;
}

/** What rides together or not at all: the writes of one request and its answer. */
interface Unit {
  writer: Writer;
  writes: Write[];
  answer: StoredAnswer;
}

/** A unit with its place in the flight. */
type Numbered = Unit & { unit: number };

interface CreateUnit extends Unit {
  bytes: number;
}

interface ChangeUnit<R, Input> {
  writer: Writer;
  id: Uuid;
  change: Change<Input> | null;
  expected: readonly number[] | null;
  answer: (record: R) => StoredAnswer;
  sent?: unknown;
  /** The last try, by which a try whose outcome was lost is recognised. */
  tried?: { eventId: Uuid; answer: StoredAnswer };
}

type Written = StoredAnswer | typeof REPLAY;

interface WriteResult {
  turned_away: unknown;
  refused: number[] | null;
  missed: number[] | null;
  lanes: LaneKey[] | null;
}

export function makeRecordStore<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input, object>,
  parts: StoreParts,
  gate?: InsertGate,
): RecordStore<R, Input> {
  const { db, clock, newId, notify } = parts;
  const sql = recordSql(noun.name, noun.columns, noun.contexts, gate?.sql);
  const wildcards = new Map(
    Object.values(noun.events).map((type) => [type.name, parts.wildcardFormats(type.name)]),
  );

  const creating = makeBatchWriter<CreateUnit, Written>(db, {
    groupOf: (unit) => unit.writer.workspaceId,
    keysOf: (unit) => (unit.writer.claim ? [claimKey(unit.writer.claim)] : []),
    weigh: (unit) => ({ weight: unit.writes.length, bytes: unit.bytes }),
    ...(gate?.maxWeight !== undefined && { maxWeight: gate.maxWeight }),
    run: async (on, units) => {
      const result = await write(
        on,
        'insert',
        units.map((unit, at) => ({ ...unit, unit: at })),
      );
      const outside = result.turned_away ? await gate!.turnedAway(on, result.turned_away) : null;
      return units.map(
        (unit, at) => outside?.get(at) ?? (result.refused?.includes(at) ? REPLAY : unit.answer),
      );
    },
    committed: async (on, units) => {
      // A unit without writes holds only its key; running it again finds the key taken, which is right.
      const first = units.map((unit) => unit.writes[0]?.id ?? unit.writer.workspaceId);
      const existing = await ids(
        on,
        sql.exist,
        units.map((unit) => unit.writer.workspaceId),
        first,
      );
      return units.map((unit, at) => (existing.has(first[at]!) ? unit.answer : undefined));
    },
  });

  const changing = makeBatchWriter<ChangeUnit<R, Input>, Written>(db, {
    groupOf: (unit) => unit.writer.workspaceId,
    keysOf: (unit) => [unit.id, ...(unit.writer.claim ? [claimKey(unit.writer.claim)] : [])],
    run: changeBatch,
    committed: async (on, units) => {
      const tried = units.map((unit) => unit.tried?.eventId ?? unit.id);
      const existing = await ids(
        on,
        sql.happened,
        units.map((unit) => unit.writer.workspaceId),
        tried,
      );
      return units.map((unit) =>
        unit.tried && existing.has(unit.tried.eventId) ? unit.tried.answer : undefined,
      );
    },
  });

  /** Reads the records, works out the changes, writes them where the version is still the one read. */
  async function changeBatch(on: Queryable, units: ChangeUnit<R, Input>[]) {
    const at = isoTime(clock.now());
    const current = await readRecords(on, units);
    const results = new Map<ChangeUnit<R, Input>, Written | Error | typeof RETRY>();
    const batch: Numbered[] = [];
    units.forEach((unit, place) => {
      try {
        const planned = plan(unit, current.get(unit.id), at);
        results.set(unit, planned.answer);
        batch.push({ ...planned, unit: place });
      } catch (error) {
        results.set(unit, error as Error);
      }
    });
    if (batch.some((planned) => planned.writes.length > 0 || planned.writer.claim)) {
      const result = await write(on, 'update', batch);
      for (const place of result.missed ?? []) results.set(units[place]!, RETRY);
      for (const place of result.refused ?? []) results.set(units[place]!, REPLAY);
    }
    return units.map((unit) => results.get(unit)!);
  }

  function plan(unit: ChangeUnit<R, Input>, current: R | undefined, at: string): Unit {
    if (!current) throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
    if (unit.expected && !unit.expected.includes(current.version)) {
      throw new ApiError(
        'precondition_failed',
        `The ${noun.name} is at version ${current.version}, not the one in If-Match.`,
      );
    }
    const next = unit.change === null ? current : updated(unit, unit.change, current, at);
    const changed = unit.change === null ? {} : differences(current, next, noun.columns);
    const { writer } = unit;
    if (changed === null) return { writer, writes: [], answer: unit.answer(current) };

    const record = { ...next, version: current.version + 1, updated_at: at };
    const stored = unit.change === null ? { ...record, deleted_at: at } : record;
    const events = firedBy(unit, current, record).map((type): Fired => ({
      id: newId(),
      type,
      ...(unit.change !== null && { changed }),
    }));
    const answer = unit.answer(record);
    unit.tried = { eventId: events[0]!.id, answer };
    return { writer, writes: [{ id: unit.id, text: JSON.stringify(stored), at, events }], answer };
  }

  function updated(unit: ChangeUnit<R, Input>, change: Change<Input>, current: R, at: string): R {
    const isObject = typeof unit.sent === 'object' && unit.sent !== null;
    const left = isObject ? withoutUnchanged(change, unit.sent!, current) : change;
    return noun.update(current, left, at, unit.writer.actor);
  }

  function firedBy(unit: ChangeUnit<R, Input>, before: R, after: R): readonly string[] {
    if (unit.change === null) return [noun.events.deleted.name];
    return noun.fires?.(before, after) ?? [noun.events.updated.name];
  }

  async function write(on: Queryable, kind: 'insert' | 'update', units: Numbered[]): Promise<WriteResult> {
    const result = await send(on, kind, units);
    if (result.lanes) notify(result.lanes);
    return result;
  }

  async function send(on: Queryable, kind: 'insert' | 'update', units: Numbered[]): Promise<WriteResult> {
    const claims = claimsOf(units, isoTime(clock.now()));
    const workspaces = new Set(units.map(({ writer }) => writer.workspaceId));
    const statement = sql.write(kind, {
      claims: claims.length > 0,
      several: workspaces.size > 1,
      contexts: units.some(({ writes }) => writes.some(({ events }) => events.some(hasContext))),
    });
    const values = inputOf(units);
    if (claims.length > 0) values.push(JSON.stringify(claims));
    const { rows } = await on.query<WriteResult>({ ...statement, values });
    return rows[0]!;
  }

  function hasContext({ type }: Fired): boolean {
    return noun.contexts?.[type] !== undefined;
  }

  /** The flight as JSON: its records, each turned into text once and put in as it is, and its events. */
  function inputOf(units: Numbered[]): string[] {
    const lines: string[] = [];
    const fired: object[] = [];
    for (const { unit, writer, writes } of units) {
      for (const { id, text, at, events, related } of writes) {
        const n = lines.length;
        lines.push(
          `{"n":${n},"unit":${unit},"workspace_id":"${writer.workspaceId}","id":"${id}",` +
            `"actor":${JSON.stringify(writer.actor)},"at":"${at}","record":${text}${related ? `,${related.slice(1)}` : '}'}`,
        );
        events.forEach((event, k) => fired.push({ n, k, ...event, wildcard: wildcards.get(event.type) }));
      }
    }
    return [`[${lines.join(',')}]`, JSON.stringify(fired)];
  }

  async function readRecords(on: Queryable, units: ChangeUnit<R, Input>[]): Promise<Map<Uuid, R>> {
    const { rows } = await on.query<Record<string, unknown>>({
      ...sql.read,
      values: [units.map((unit) => unit.writer.workspaceId), units.map((unit) => unit.id)],
    });
    return new Map(rows.map((row) => [row['id'] as Uuid, toRecord(row)]));
  }

  function toRecord(row: Record<string, unknown>): R {
    const record: Record<string, unknown> = { id: row['id'], version: row['version'] };
    for (const column of noun.columns) record[column] = row[column];
    for (const column of BASE_COLUMNS) record[column] = row[column];
    return record as unknown as R;
  }

  async function get(workspaceId: Uuid, id: Uuid): Promise<R | undefined> {
    const rows = await db.read<Record<string, unknown>>(sql.read, [[workspaceId], [id]]);
    return rows[0] && toRecord(rows[0]);
  }

  return {
    toRecord,

    prepare(writer, input) {
      const at = isoTime(clock.now());
      const base = {
        id: newId(),
        version: 1,
        created_by: writer.actor,
        created_at: at,
        updated_at: at,
        custom_fields: {},
      };
      const related = noun.related?.(input);
      return {
        id: base.id,
        text: JSON.stringify(noun.create(input, base)),
        at,
        events: [{ id: newId(), type: noun.events.created.name }],
        ...(related && { related: JSON.stringify(related) }),
      };
    },

    async checkReferences(workspaceId, input, id) {
      if (!noun.references) return;
      let missing = await parts.references.missing(workspaceId, noun.references, input);
      if (missing.length > 0 && id !== undefined) {
        const current = (await get(workspaceId, id)) as Record<string, unknown> | undefined;
        const sent = input as Record<string, unknown>;
        missing = missing.filter(({ field }) => sent[field] !== current?.[field]);
      }
      if (missing.length === 0) return;
      const message = missing.map((item) => `${item.field}: ${item.message}`).join('; ');
      throw new ApiError('validation_error', message, { fields: missing });
    },

    create(writer, writes, answer) {
      if (writes.length === 0 && !writer.claim) return Promise.resolve(answer);
      const bytes = writes.reduce(
        (sum, item) => sum + item.text.length + (item.related?.length ?? 0) + 300,
        0,
      );
      return creating.add({ writer, writes, answer, bytes });
    },

    async createWithin(on, writer, writes, answer = { status: 201, body: '' }) {
      if (writes.length === 0 && !writer.claim) return [];
      const unit = { unit: 0, writer, writes, answer };
      for (;;) {
        const result = await send(on, 'insert', [unit]);
        const outside = result.turned_away ? await gate!.turnedAway(on, result.turned_away) : null;
        const refusal = outside?.get(0);
        if (refusal instanceof Error) throw refusal;
        if (result.refused) throw new AlreadyAnswered();
        if (refusal === undefined) return result.lanes ?? [];
      }
    },

    async changeWithin(on, writer, id, change, expected, answer, sent) {
      const unit: ChangeUnit<R, Input> = { writer, id, change, expected, answer, sent };
      const current = await readRecords(on, [unit]);
      const planned = plan(unit, current.get(id), isoTime(clock.now()));
      const result = await send(on, 'update', [{ ...planned, unit: 0 }]);
      if (result.missed) throw new ApiError('conflict', 'The record keeps changing; try again.');
      if (result.refused) throw new AlreadyAnswered();
      return { answer: planned.answer, lanes: result.lanes ?? [] };
    },

    change: (writer, id, change, expected, answer, sent) =>
      changing.add({ writer, id, change, expected, answer, sent }),

    get,

    async deletedAt(workspaceId, id) {
      const rows = await db.read<{ deleted_at: string | null }>(sql.deleted, [workspaceId, id]);
      return rows[0]?.deleted_at ?? undefined;
    },
  };
}

async function ids(
  on: Queryable,
  statement: Statement,
  workspaceIds: Uuid[],
  wanted: Uuid[],
): Promise<Set<Uuid>> {
  const { rows } = await on.query<{ id: Uuid }>({ ...statement, values: [workspaceIds, wanted] });
  return new Set(rows.map((row) => row.id));
}

function claimKey(claim: IdempotencyClaim): string {
  return `${claim.identity}/${claim.key}`;
}

function claimsOf(units: Numbered[], at: string): object[] {
  return units.flatMap(({ unit, writer: { claim }, answer }) =>
    claim
      ? [
          {
            unit,
            workspace_id: claim.workspaceId,
            api_key_id: claim.identity,
            key: claim.key,
            hash: claim.requestHash,
            status: answer.status,
            body: answer.body,
            at,
          },
        ]
      : [],
  );
}
