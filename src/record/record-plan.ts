import type { IdempotencyClaim, StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { withoutUnchanged } from '../base/values/same.ts';
import { differences, type BaseRecord, type Change, type Noun, type WriteContext } from './noun.ts';

/** Who writes, and under which idempotency key, if any. */
export interface Writer {
  workspaceId: Uuid;
  actor: string;
  claim?: IdempotencyClaim;
}

/** An event that a write fires. */
export interface PlannedEvent {
  id: Uuid;
  type: string;
  /** For a change: the fields that changed, with what they were. */
  changed?: Record<string, unknown>;
}

/** One record as it will be written, and what that fires. Nothing is written yet. */
export interface Plan<R = unknown> {
  id: Uuid;
  record: R;
  /** The record as JSON: what the API answers and the event carries. */
  text: string;
  /** ISO 8601. */
  at: string;
  events: PlannedEvent[];
  /** What the noun's insert gate writes beside it, as a JSON object of its columns. */
  related?: string;
}

/** How a record is changed: a client's change, or a command such as converting a lead. */
export interface Mutation<R> {
  /** The record after it; must not change `current`. */
  apply(current: R, context: WriteContext): R;
  /** The events that it fires where something changed, in order. */
  fires(before: R, after: R): readonly string[];
  /** The record is deleted; `apply` leaves it as it is. */
  isDeletion?: true;
}

/** Plans a new record; throws what the noun's rules throw. */
export function planCreate<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  input: Input,
  context: WriteContext,
  newId: () => Uuid,
): Plan<R> {
  const { at, actor } = context;
  const base = { id: newId(), version: 1, created_by: actor, created_at: at, updated_at: at };
  const record = noun.create(input, base, context);
  const events = [{ id: newId(), type: noun.events.created.name }];
  return { id: base.id, record, text: JSON.stringify(record), at, events };
}

/** What a client's change does, without the fields that it sends back as they are stored. */
export function updateOf<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  change: Change<Input>,
  sent: unknown,
  resolved: WriteContext['resolved'] = {},
): Mutation<R> {
  const isObject = typeof sent === 'object' && sent !== null;
  return {
    apply: (current, context) =>
      noun.update(current, isObject ? withoutUnchanged(change, sent, current) : change, {
        ...context,
        resolved,
      }),
    fires: noun.fires,
  };
}

export function deletionOf<R extends BaseRecord>(noun: Pick<Noun, 'events'>): Mutation<R> {
  return { apply: (current) => current, fires: () => [noun.events.deleted.name], isDeletion: true };
}

/** What is asked of one record. */
export interface ChangeRequest<R> {
  writer: Writer;
  id: Uuid;
  mutation: Mutation<R>;
  /** Versions that the client last saw, or null for whatever there is. */
  expected: readonly number[] | null;
  /** What is answered, kept with the change under the writer's key. */
  answer(record: R): StoredAnswer;
}

/** A change with its plan; without one where nothing changes. */
export interface PlannedChange<R> {
  plan: Plan<R> | null;
  answer: StoredAnswer;
}

/** Plans a change of a record as it is stored. Throws `not_found`, `precondition_failed`, or what the noun's rules throw. */
export function planChange<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  { writer, id, mutation, expected, answer }: ChangeRequest<R>,
  current: R | undefined,
  at: string,
  newId: () => Uuid,
): PlannedChange<R> {
  if (!current) throw new ApiError('not_found', `There is no ${noun.name} with this id.`);
  if (expected && !expected.includes(current.version)) {
    throw new ApiError(
      'precondition_failed',
      `The ${noun.name} is at version ${current.version}, not the one in If-Match.`,
    );
  }
  const next = mutation.apply(current, { at, actor: writer.actor, resolved: {} });
  const changed = mutation.isDeletion ? undefined : differences(current, next, noun.columns);
  if (changed === null) return { plan: null, answer: answer(current) };

  const record = { ...next, version: current.version + 1, updated_at: at };
  const stored = mutation.isDeletion ? { ...record, deleted_at: at } : record;
  const events = mutation
    .fires(current, record)
    .map((type) => ({ id: newId(), type, ...(changed && { changed }) }));
  return { plan: { id, record, text: JSON.stringify(stored), at, events }, answer: answer(record) };
}
