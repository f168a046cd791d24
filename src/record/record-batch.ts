import { CallerLookUpNeeded, callerRows, requireChecked } from '../account/caller-check.ts';
import { countedWindows, quotasOf, windowRows, type WindowRow } from '../account/counted-write.ts';
import { AlreadyAnswered, claimRow, type StoredAnswer } from '../account/idempotency.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { RETRY } from '../db/batch-runner.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Noun } from './noun.ts';
import {
  planChange,
  planRestore,
  type ChangeRequest,
  type Plan,
  type PlannedChange,
  type PlannedEvent,
  type Writer,
} from './record-plan.ts';
import type { InsertGate } from './insert-gate.ts';
import { BASE_COLUMNS, recordStatements, type WriteKind } from './record-statement.ts';
import type { Queryable, Statement } from '../db/query.ts';

/** What batches need from the rest of the program. */
export interface BatchParts {
  clock: Clock;
  newId: () => Uuid;
  /** Notifies the delivery engine, after the commit, which lanes have new deliveries. */
  notify(lanes: LaneKey[]): void;
  /** The formats whose `*` includes an event type. */
  wildcardFormats(type: string): string[];
  /** The formats whose webhooks have one event type. */
  oneEventFormats: readonly string[];
}

/** The writes of one request and its stored response: all are written, or none. */
interface Unit {
  writer: Writer;
  plans: readonly Plan[];
  answer: StoredAnswer;
}

/** A unit with its index in the batch. */
type Numbered = Unit & { unit: number };

export interface CreateUnit extends Unit {
  bytes: number;
}

export interface ChangeUnit<R> extends ChangeRequest<R> {
  /** The last attempt, to recognise an attempt that was committed although its result was lost. */
  tried?: { eventId: Uuid; answer: StoredAnswer };
}

interface WriteResult {
  gate: unknown;
  /** Units whose caller has changed, or whose plan has no room. */
  unchecked: number[] | null;
  windows: WindowRow[] | null;
  taken: number[] | null;
  missed: number[] | null;
  lanes: LaneKey[] | null;
}

/** Writes batches of one kind of record, each by one statement. */
export class RecordBatch<R extends BaseRecord, Input extends object> {
  readonly sql: ReturnType<typeof recordStatements>;
  readonly #noun: Noun<R, Input>;
  readonly #parts: BatchParts;
  readonly #gate: InsertGate | undefined;
  /** By event type: the formats whose `*` includes it, as JSON. */
  readonly #wildcards: ReadonlyMap<string, string>;
  readonly #oneEventFormats: string;

  constructor(noun: Noun<R, Input>, parts: BatchParts, gate: InsertGate | undefined) {
    this.#noun = noun;
    this.#parts = parts;
    this.#gate = gate;
    this.sql = recordStatements(noun.name, noun.columns, noun.contexts, gate?.sql);
    this.#oneEventFormats = JSON.stringify(parts.oneEventFormats);
    this.#wildcards = new Map(
      Object.values(noun.events).map(({ name }) => [name, JSON.stringify(parts.wildcardFormats(name))]),
    );
  }

  async create(on: Queryable, units: CreateUnit[]) {
    const result = await this.#write(
      on,
      'insert',
      units.map((unit, at) => ({ ...unit, unit: at })),
    );
    const refused = result.gate ? await this.#gate!.refused(on, result.gate) : null;
    return units.map((unit, at) => {
      if (result.unchecked?.includes(at)) return new CallerLookUpNeeded();
      if (unit.writer.check) unit.writer.check.isDone = true;
      return refused?.get(at) ?? (result.taken?.includes(at) ? new AlreadyAnswered() : unit.answer);
    });
  }

  async created(on: Queryable, units: CreateUnit[]) {
    // A unit without records holds only its idempotency key; running it again finds the key taken, as it should.
    const first = units.map((unit) => unit.plans[0]?.id ?? unit.writer.workspaceId);
    const found = await ids(on, this.sql.exist, units, first);
    return units.map((unit, at) => {
      if (!found.has(first[at]!)) return undefined;
      if (unit.writer.check) unit.writer.check.isDone = true;
      return unit.answer;
    });
  }

  /** Reads the records, plans the changes, and writes those whose version is still the one read. */
  async change(on: Queryable, units: ChangeUnit<R>[]) {
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

  async changed(on: Queryable, units: ChangeUnit<R>[]) {
    const tried = units.map((unit) => unit.tried?.eventId ?? unit.id);
    const found = await ids(on, this.sql.happened, units, tried);
    return units.map((unit) => (unit.tried && found.has(unit.tried.eventId) ? unit.tried.answer : undefined));
  }

  /** Writes one unit in the caller's transaction. @returns the lanes to notify after the commit */
  async createWithin(on: Queryable, unit: Unit): Promise<LaneKey[]> {
    requireChecked(unit.writer);
    for (;;) {
      const result = await this.#send(on, 'insert', [{ ...unit, unit: 0 }]);
      const refused = result.gate ? await this.#gate!.refused(on, result.gate) : null;
      const refusal = refused?.get(0);
      if (refusal instanceof Error) throw refusal;
      if (result.taken) throw new AlreadyAnswered();
      if (refusal === undefined) return result.lanes ?? [];
    }
  }

  /** One change of a record whose row the transaction has locked. */
  async changeWithin(
    on: Queryable,
    request: ChangeRequest<R>,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }> {
    requireChecked(request.writer);
    const current = await this.#readRecords(on, [request]);
    const planned = this.#plan(request, current.get(request.id), this.#now());
    const lanes = await this.updateWithin(on, numbered(request, planned, 0));
    return { answer: planned.answer, lanes };
  }

  /** Writes a planned change of a record whose row the transaction has locked. @returns the lanes to notify after the commit */
  async updateWithin(on: Queryable, unit: Unit): Promise<LaneKey[]> {
    requireChecked(unit.writer);
    const result = await this.#send(on, 'update', [{ ...unit, unit: 0 }]);
    if (result.missed) throw new ApiError('conflict', 'The record keeps changing; try again.');
    if (result.taken) throw new AlreadyAnswered();
    return result.lanes ?? [];
  }

  /**
   * Changes of several records whose rows the transaction has locked: those that are valid, in one statement. Stores the
   * response in any case.
   * @param answerOf makes the response from the outcome of each change, in order
   */
  async changeManyWithin(
    on: Queryable,
    writer: Writer,
    requests: readonly ChangeRequest<R>[],
    answerOf: (outcomes: (StoredAnswer | ApiError)[]) => StoredAnswer,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }> {
    requireChecked(writer);
    const current = await this.#readRecords(on, requests);
    const at = this.#now();
    const plans: Plan[] = [];
    const outcomes = requests.map((request) => {
      try {
        const { plan, answer } = this.#plan(request, current.get(request.id), at);
        if (plan) plans.push(plan);
        return answer;
      } catch (error) {
        if (error instanceof ApiError) return error;
        throw error;
      }
    });
    const answer = answerOf(outcomes);
    if (plans.length === 0 && !writer.claim) return { answer, lanes: [] };
    const result = await this.#send(on, 'update', [{ unit: 0, writer, plans, answer }]);
    if (result.missed) throw new ApiError('conflict', 'The records keep changing; try again.');
    if (result.taken) throw new AlreadyAnswered();
    return { answer, lanes: result.lanes ?? [] };
  }

  /**
   * Restores a deleted record whose row the transaction has locked; stores the response in any case.
   * @param isDeleted false if there is nothing to restore
   * @param changed previous values for the timeline
   */
  async restoreWithin(
    on: Queryable,
    writer: Writer,
    current: R,
    isDeleted: boolean,
    changed?: Record<string, unknown>,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }> {
    requireChecked(writer);
    const plan = isDeleted ? planRestore(this.#noun, current, this.#now(), this.#parts.newId, changed) : null;
    const answer = { status: 200, body: JSON.stringify(plan?.record ?? current) };
    if (!plan && !writer.claim) return { answer, lanes: [] };
    const result = await this.#send(on, 'restore', [{ unit: 0, writer, plans: plan ? [plan] : [], answer }]);
    if (result.taken) throw new AlreadyAnswered();
    return { answer, lanes: result.lanes ?? [] };
  }

  toRecord(row: Record<string, unknown>): R {
    const record: Record<string, unknown> = { id: row['id'], version: row['version'] };
    for (const column of this.#noun.columns) record[column] = row[column];
    for (const column of BASE_COLUMNS) record[column] = row[column];
    if (row['merged_ids']) record['merged_ids'] = row['merged_ids'];
    return record as unknown as R;
  }

  #now(): string {
    return isoTime(this.#parts.clock.now());
  }

  #plan(request: ChangeRequest<R>, current: R | undefined, at: string): PlannedChange<R> {
    return planChange(this.#noun, request, current, at, this.#parts.newId);
  }

  async #write(on: Queryable, kind: WriteKind, units: Numbered[]): Promise<WriteResult> {
    const result = await this.#send(on, kind, units);
    if (result.lanes) this.#parts.notify(result.lanes);
    return result;
  }

  async #send(on: Queryable, kind: WriteKind, units: Numbered[]): Promise<WriteResult> {
    const now = this.#now();
    const claims = claimsOf(units, now);
    const checks = callerRows(units, now);
    const windows = kind === 'insert' ? countedWindows(units) : [];
    const workspaces = new Set(units.map(({ writer }) => writer.workspaceId));
    const hasContext = ({ type, context }: PlannedEvent) =>
      context !== undefined || this.#noun.contexts?.[type] !== undefined;
    const statement = this.sql.write(kind, {
      claims: claims.length > 0,
      checks: checks.length > 0,
      windows: windows.length > 0,
      several: workspaces.size > 1,
      contexts: units.some(({ plans }) => plans.some(({ events }) => events.some(hasContext))),
    });
    const values: string[] = this.#rowsOf(units);
    if (claims.length > 0) values.push(JSON.stringify(claims));
    if (checks.length > 0) values.push(JSON.stringify(checks));
    if (windows.length > 0) values.push(JSON.stringify(windowRows(windows)));
    const { rows } = await on.query<WriteResult>({ ...statement, values });
    const result = rows[0]!;
    if (result.windows) {
      const quotas = quotasOf(windows, result.windows, result.unchecked ?? []);
      for (const { unit, writer } of units) {
        const quota = quotas.get(unit);
        if (quota) writer.check!.quota = quota;
      }
    }
    return result;
  }

  /** The batch as JSON: its records, each serialised only once, and its events. */
  #rowsOf(units: Numbered[]): [records: string, events: string] {
    const records: string[] = [];
    const events: string[] = [];
    for (const { unit, writer, plans } of units) {
      for (const { id, text, at, events: planned, related } of plans) {
        const n = records.length;
        records.push(
          `{"n":${n},"unit":${unit},"workspace_id":"${writer.workspaceId}","id":"${id}",` +
            `"actor":${JSON.stringify(writer.actor)},"at":"${at}","record":${text}${related ? `,${related.slice(1)}` : '}'}`,
        );
        planned.forEach(({ id: eventId, type, changed, context, alias }, k) =>
          events.push(
            `{"n":${n},"k":${k},"id":"${eventId}","type":"${type}","wildcard":${this.#wildcards.get(type)}` +
              (context ? `,"context":${JSON.stringify(context)}` : '') +
              (alias ? `,"alias":"${alias}","alias_formats":${this.#oneEventFormats}` : '') +
              (changed ? `,"changed":${JSON.stringify(changed)}}` : '}'),
          ),
        );
      }
    }
    return [`[${records.join(',')}]`, `[${events.join(',')}]`];
  }

  async #readRecords(on: Queryable, units: readonly { writer: Writer; id: Uuid }[]): Promise<Map<Uuid, R>> {
    const { rows } = await on.query<Record<string, unknown>>({
      ...this.sql.read,
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

/** The idempotency keys of a batch, for `claiming` of account/idempotency.ts. */
function claimsOf(units: Numbered[], at: string): object[] {
  return units.flatMap(({ unit, writer: { claim }, answer }) =>
    claim ? [claimRow(unit, claim, answer, at)] : [],
  );
}
