import type { CallerCheck } from '../account/caller-check.ts';
import type { IdempotencyClaim, StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { withoutUnchanged } from '../base/values/same.ts';
import { differences, type BaseRecord, type Change, type Noun, type WriteContext } from './noun.ts';

/** Who writes, with the idempotency key, if any. */
export interface Writer {
  workspaceId: Uuid;
  actor: string;
  claim?: IdempotencyClaim;
  /** A check that the statement that writes has to do. */
  check?: CallerCheck;
}

/** An event that a write fires. */
export interface PlannedEvent {
  id: Uuid;
  type: string;
  /** For a change: changed fields with their previous values. */
  changed?: Record<string, unknown>;
}

/** A record to be written, with its events. Nothing is written yet. */
export interface Plan<R = unknown> {
  id: Uuid;
  record: R;
  /** The record as JSON, for the response and the event. */
  text: string;
  /** ISO 8601. */
  at: string;
  events: PlannedEvent[];
  /** The columns of the noun's insert gate, as a JSON object. */
  related?: string;
}

/** A change of a record: an update by a client, or a command such as a conversion. */
export interface Mutation<R> {
  /** The record after the change; must not change `current`. */
  apply(current: R, context: WriteContext): R;
  /** The events of the change, in order; only called if something changed. */
  fires(before: R, after: R): readonly string[];
  /** The record is deleted; `apply` leaves it as it is. */
  isDeletion?: true;
}

/** Plans a new record. Throws the errors of the noun's rules. */
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

/** An update by a client, without the fields that equal the stored ones. */
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

/** A requested change of one record. */
export interface ChangeRequest<R> {
  writer: Writer;
  id: Uuid;
  mutation: Mutation<R>;
  /** Accepted versions (If-Match); null: any. */
  expected: readonly number[] | null;
  /** The response, which is stored with the change under the writer's idempotency key. */
  answer(record: R): StoredAnswer;
}

/** A change with its plan; null if nothing changes. */
export interface PlannedChange<R> {
  plan: Plan<R> | null;
  answer: StoredAnswer;
}

/** Plans a change of a stored record. Throws `not_found`, `precondition_failed` and the errors of the noun's rules. */
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
