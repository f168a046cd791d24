import { AlreadyAnswered, claimRow, type Idempotency, type StoredAnswer } from '../account/idempotency.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { makeBatchWriter, RETRY, type BatchWriter } from '../db/batch-writer.ts';
import type { Database, Queryable, Statement } from '../db/pool.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Noun } from './noun.ts';
import { planChange, type ChangeRequest, type Plan, type PlannedChange, type Writer } from './record-plan.ts';
import { BASE_COLUMNS, recordStatements, type InsertGateSql } from './record-statement.ts';

/** What a store needs from the rest of the program. */
export interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  /** Tells the delivery engine, after the commit, which lanes have something new. */
  notify(lanes: LaneKey[]): void;
  idempotency: Idempotency;
  /** The formats whose `*` includes an event type. */
  wildcardFormats(type: string): string[];
}

/**
 * Reads and writes one kind of record. Concurrent writes are gathered into one statement that holds records, events,
 * timeline, queue rows and idempotency answers.
 */
export interface RecordStore<R extends BaseRecord> {
  /**
   * Writes new records, all or none; the answer is kept with them under the writer's key. Throws `AlreadyAnswered`
   * where that is taken.
   */
  create(writer: Writer, plans: readonly Plan[], answer: StoredAnswer): Promise<StoredAnswer>;
  /**
   * Changes one record; a change that alters nothing writes nothing and fires nothing. Throws `not_found`,
   * `precondition_failed`, what the noun's rules throw, and `AlreadyAnswered`.
   */
  change(request: ChangeRequest<R>): Promise<StoredAnswer>;
  /**
   * The same as `create` within a transaction of the caller's. Throws what the noun's insert gate throws as well.
   * @returns the lanes to notify once it is committed
   */
  createWithin(
    on: Queryable,
    writer: Writer,
    plans: readonly Plan[],
    answer?: StoredAnswer,
  ): Promise<LaneKey[]>;
  /** The same as `change`, of a record whose row the transaction has locked. */
  changeWithin(on: Queryable, request: ChangeRequest<R>): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  get(workspaceId: Uuid, id: Uuid): Promise<R | undefined>;
  /** Those that are there, in any order. */
  getMany(workspaceId: Uuid, ids: readonly Uuid[]): Promise<R[]>;
  /** When a record was deleted; undefined where it was not, or never was. */
  deletedAt(workspaceId: Uuid, id: Uuid): Promise<string | undefined>;
  /** Rows of the noun's table, as records. */
  toRecord(row: Record<string, unknown>): R;
}

/** A noun's own part in writing new records: what is let in, and what only the statement can know of a record. */
export interface InsertGate {
  sql: InsertGateSql;
  /** Records in a batch, where their statement takes long: this process readies the next ones meanwhile. */
  maxWeight?: number;
  /**
   * What became of the units that the gate refused, by their place in the batch: the error for each, or RETRY where it
   * is to be tried in the next statement.
   * @param result what `sql.result` made
   */
  refused(on: Queryable, result: unknown): Promise<Map<number, Error | typeof RETRY>>;
}

/** What is written together or not at all: the writes of one request and its answer. */
interface Unit {
  writer: Writer;
  plans: readonly Plan[];
  answer: StoredAnswer;
}

/** A unit with its place in the batch. */
type Numbered = Unit & { unit: number };

interface CreateUnit extends Unit {
  bytes: number;
}

interface ChangeUnit<R> extends ChangeRequest<R> {
  /** The last try, by which a try whose outcome was lost is recognised. */
  tried?: { eventId: Uuid; answer: StoredAnswer };
}

interface WriteResult {
  gate: unknown;
  taken: number[] | null;
  missed: number[] | null;
  lanes: LaneKey[] | null;
}

const NO_BODY = { status: 201, body: '' };

export function makeRecordStore<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  parts: StoreParts,
  gate?: InsertGate,
): RecordStore<R> {
  return new BatchedStore(noun, parts, gate);
}

class BatchedStore<R extends BaseRecord, Input extends object> implements RecordStore<R> {
  readonly #noun: Noun<R, Input>;
  readonly #parts: StoreParts;
  readonly #gate: InsertGate | undefined;
  readonly #sql: ReturnType<typeof recordStatements>;
  /** By event type: the formats whose `*` includes it. */
  readonly #wildcards: ReadonlyMap<string, string[]>;
  readonly #creates: BatchWriter<CreateUnit, StoredAnswer>;
  readonly #changes: BatchWriter<ChangeUnit<R>, StoredAnswer>;

  constructor(noun: Noun<R, Input>, parts: StoreParts, gate: InsertGate | undefined) {
    this.#noun = noun;
    this.#parts = parts;
    this.#gate = gate;
    this.#sql = recordStatements(noun.name, noun.columns, noun.contexts, gate?.sql);
    this.#wildcards = new Map(
      Object.values(noun.events).map(({ name }) => [name, parts.wildcardFormats(name)]),
    );
    this.#creates = makeBatchWriter<CreateUnit, StoredAnswer>(parts.db, {
      groupOf: (unit) => unit.writer.workspaceId,
      keysOf: (unit) => (unit.writer.claim ? [claimKey(unit.writer.claim)] : []),
      weigh: (unit) => ({ weight: unit.plans.length, bytes: unit.bytes }),
      ...(gate?.maxWeight !== undefined && { maxWeight: gate.maxWeight }),
      run: (on, units) => this.#runCreates(on, units),
      committed: (on, units) => this.#committedCreates(on, units),
    });
    this.#changes = makeBatchWriter<ChangeUnit<R>, StoredAnswer>(parts.db, {
      groupOf: (unit) => unit.writer.workspaceId,
      keysOf: (unit) => [unit.id, ...(unit.writer.claim ? [claimKey(unit.writer.claim)] : [])],
      run: (on, units) => this.#runChanges(on, units),
      committed: (on, units) => this.#committedChanges(on, units),
    });
  }

  create(writer: Writer, plans: readonly Plan[], answer: StoredAnswer): Promise<StoredAnswer> {
    if (plans.length === 0 && !writer.claim) return Promise.resolve(answer);
    const bytes = plans.reduce(
      (sum, { text, related }) => sum + text.length + (related?.length ?? 0) + 300,
      0,
    );
    return this.#creates.add({ writer, plans, answer, bytes });
  }

  change(request: ChangeRequest<R>): Promise<StoredAnswer> {
    return this.#changes.add(request);
  }

  async createWithin(
    on: Queryable,
    writer: Writer,
    plans: readonly Plan[],
    answer: StoredAnswer = NO_BODY,
  ): Promise<LaneKey[]> {
    if (plans.length === 0 && !writer.claim) return [];
    const unit = { unit: 0, writer, plans, answer };
    for (;;) {
      const result = await this.#send(on, 'insert', [unit]);
      const refused = result.gate ? await this.#gate!.refused(on, result.gate) : null;
      const refusal = refused?.get(0);
      if (refusal instanceof Error) throw refusal;
      if (result.taken) throw new AlreadyAnswered();
      if (refusal === undefined) return result.lanes ?? [];
    }
  }

  async changeWithin(
    on: Queryable,
    request: ChangeRequest<R>,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }> {
    const current = await this.#readRecords(on, [request]);
    const planned = this.#plan(request, current.get(request.id), this.#now());
    const result = await this.#send(on, 'update', [numbered(request, planned, 0)]);
    if (result.missed) throw new ApiError('conflict', 'The record keeps changing; try again.');
    if (result.taken) throw new AlreadyAnswered();
    return { answer: planned.answer, lanes: result.lanes ?? [] };
  }

  async get(workspaceId: Uuid, id: Uuid): Promise<R | undefined> {
    const rows = await this.#parts.db.read<Record<string, unknown>>(this.#sql.read, [[workspaceId], [id]]);
    return rows[0] && this.toRecord(rows[0]);
  }

  async getMany(workspaceId: Uuid, recordIds: readonly Uuid[]): Promise<R[]> {
    if (recordIds.length === 0) return [];
    const workspaceIds = recordIds.map(() => workspaceId);
    const rows = await this.#parts.db.read<Record<string, unknown>>(this.#sql.read, [
      workspaceIds,
      recordIds,
    ]);
    return rows.map((row) => this.toRecord(row));
  }

  async deletedAt(workspaceId: Uuid, id: Uuid): Promise<string | undefined> {
    const rows = await this.#parts.db.read<{ deleted_at: string | null }>(this.#sql.deleted, [
      workspaceId,
      id,
    ]);
    return rows[0]?.deleted_at ?? undefined;
  }

  toRecord(row: Record<string, unknown>): R {
    const record: Record<string, unknown> = { id: row['id'], version: row['version'] };
    for (const column of this.#noun.columns) record[column] = row[column];
    for (const column of BASE_COLUMNS) record[column] = row[column];
    return record as unknown as R;
  }

  async #runCreates(on: Queryable, units: CreateUnit[]) {
    const result = await this.#write(
      on,
      'insert',
      units.map((unit, at) => ({ ...unit, unit: at })),
    );
    const refused = result.gate ? await this.#gate!.refused(on, result.gate) : null;
    return units.map(
      (unit, at) => refused?.get(at) ?? (result.taken?.includes(at) ? new AlreadyAnswered() : unit.answer),
    );
  }

  async #committedCreates(on: Queryable, units: CreateUnit[]) {
    // A unit without records holds only its key; running it again finds the key taken, which is right.
    const first = units.map((unit) => unit.plans[0]?.id ?? unit.writer.workspaceId);
    const found = await ids(on, this.#sql.exist, units, first);
    return units.map((unit, at) => (found.has(first[at]!) ? unit.answer : undefined));
  }

  /** Reads the records, plans the changes, writes them where the version is still the one read. */
  async #runChanges(on: Queryable, units: ChangeUnit<R>[]) {
    const at = this.#now();
    const current = await this.#readRecords(on, units);
    const results = new Map<ChangeUnit<R>, StoredAnswer | Error | typeof RETRY>();
    const batch: Numbered[] = [];
    units.forEach((unit, index) => {
      try {
        const planned = this.#plan(unit, current.get(unit.id), at);
        remember(unit, planned);
        results.set(unit, planned.answer);
        batch.push(numbered(unit, planned, index));
      } catch (error) {
        results.set(unit, error as Error);
      }
    });
    if (batch.some((unit) => unit.plans.length > 0 || unit.writer.claim)) {
      const result = await this.#write(on, 'update', batch);
      for (const index of result.missed ?? []) results.set(units[index]!, RETRY);
      for (const index of result.taken ?? []) results.set(units[index]!, new AlreadyAnswered());
    }
    return units.map((unit) => results.get(unit)!);
  }

  async #committedChanges(on: Queryable, units: ChangeUnit<R>[]) {
    const tried = units.map((unit) => unit.tried?.eventId ?? unit.id);
    const found = await ids(on, this.#sql.happened, units, tried);
    return units.map((unit) => (unit.tried && found.has(unit.tried.eventId) ? unit.tried.answer : undefined));
  }

  #now(): string {
    return isoTime(this.#parts.clock.now());
  }

  #plan(request: ChangeRequest<R>, current: R | undefined, at: string): PlannedChange<R> {
    return planChange(this.#noun, request, current, at, this.#parts.newId);
  }

  async #write(on: Queryable, kind: 'insert' | 'update', units: Numbered[]): Promise<WriteResult> {
    const result = await this.#send(on, kind, units);
    if (result.lanes) this.#parts.notify(result.lanes);
    return result;
  }

  async #send(on: Queryable, kind: 'insert' | 'update', units: Numbered[]): Promise<WriteResult> {
    const claims = claimsOf(units, this.#now());
    const workspaces = new Set(units.map(({ writer }) => writer.workspaceId));
    const hasContext = ({ type }: { type: string }) => this.#noun.contexts?.[type] !== undefined;
    const statement = this.#sql.write(kind, {
      claims: claims.length > 0,
      several: workspaces.size > 1,
      contexts: units.some(({ plans }) => plans.some(({ events }) => events.some(hasContext))),
    });
    const values: string[] = this.#rowsOf(units);
    if (claims.length > 0) values.push(JSON.stringify(claims));
    const { rows } = await on.query<WriteResult>({ ...statement, values });
    return rows[0]!;
  }

  /** The batch as JSON: its records, each turned into text once and put in as it is, and its events. */
  #rowsOf(units: Numbered[]): [records: string, events: string] {
    const records: string[] = [];
    const events: object[] = [];
    for (const { unit, writer, plans } of units) {
      for (const { id, text, at, events: planned, related } of plans) {
        const n = records.length;
        records.push(
          `{"n":${n},"unit":${unit},"workspace_id":"${writer.workspaceId}","id":"${id}",` +
            `"actor":${JSON.stringify(writer.actor)},"at":"${at}","record":${text}${related ? `,${related.slice(1)}` : '}'}`,
        );
        planned.forEach((event, k) =>
          events.push({ n, k, ...event, wildcard: this.#wildcards.get(event.type) }),
        );
      }
    }
    return [`[${records.join(',')}]`, JSON.stringify(events)];
  }

  async #readRecords(on: Queryable, units: readonly { writer: Writer; id: Uuid }[]): Promise<Map<Uuid, R>> {
    const { rows } = await on.query<Record<string, unknown>>({
      ...this.#sql.read,
      values: [units.map((unit) => unit.writer.workspaceId), units.map((unit) => unit.id)],
    });
    return new Map(rows.map((row) => [row['id'] as Uuid, this.toRecord(row)]));
  }
}

function numbered<R>(
  { writer }: ChangeRequest<R>,
  { plan, answer }: PlannedChange<R>,
  unit: number,
): Numbered {
  return { unit, writer, plans: plan ? [plan] : [], answer };
}

function remember<R>(unit: ChangeUnit<R>, { plan, answer }: PlannedChange<R>): void {
  const [first] = plan?.events ?? [];
  if (first) unit.tried = { eventId: first.id, answer };
}

async function ids(
  on: Queryable,
  statement: Statement,
  units: readonly { writer: Writer }[],
  requested: Uuid[],
): Promise<Set<Uuid>> {
  const workspaceIds = units.map(({ writer }) => writer.workspaceId);
  const { rows } = await on.query<{ id: Uuid }>({ ...statement, values: [workspaceIds, requested] });
  return new Set(rows.map((row) => row.id));
}

function claimKey({ identity, key }: { identity: Uuid; key: string }): string {
  return `${identity}/${key}`;
}

/** The idempotency keys of a batch, as `claiming` of account/idempotency.ts takes them. */
function claimsOf(units: Numbered[], at: string): object[] {
  return units.flatMap(({ unit, writer: { claim }, answer }) =>
    claim ? [claimRow(unit, claim, answer, at)] : [],
  );
}
