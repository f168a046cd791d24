import type { CallerCheck } from '../account/caller-check.ts';
import type { IdempotencyClaim, StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { withoutUnchanged } from '../base/values/same.ts';
import type { Transaction } from '../db/query.ts';
import type { EventAlias } from '../events/outbox.ts';
import { tagsOf, type Author, type BaseRecord, type Change, type Noun, type WriteContext } from './noun.ts';
import { differences } from './record-differences.ts';
import { changedTags, tagEventsBetween, type TagChange } from './tags/record-tags.ts';
import type { NewTag } from './tags/tag-registry.ts';

/** Who writes, with the idempotency key, if any. */
export interface Writer extends Author {
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
  /** For a change: changed fields with their previous values. Of a tag event: `tag`, with the tag. */
  changed?: Record<string, unknown>;
  /** Data besides the record; default: by the noun's `contexts`. */
  context?: Record<string, unknown>;
  /** The type of update that it takes the place of, if it fires no other event. */
  alias?: EventAlias['alias'];
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
  /** Tags of the record that the workspace does not have yet. */
  newTags?: readonly NewTag[];
  /** Runs in the transaction that creates the record, before it. */
  before?: BeforeWrite;
  /** For a change: changed fields with their previous values. */
  changed?: Record<string, unknown>;
}

/** Runs in the transaction of a write, before the record is written. */
export type BeforeWrite = (trx: Transaction) => Promise<void>;

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
  const types = noun.firesOnCreate?.(record) ?? [noun.events.created.name];
  const events = types.map((type) => ({ id: newId(), type }));
  return { id: base.id, record, text: JSON.stringify(record), at, events };
}

/**
 * An update by a client, without the fields that equal the stored ones.
 * @param tags a change of tags in the same update, in place of all tags
 */
export function updateOf<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  change: Change<Input>,
  sent: unknown,
  resolved: WriteContext['resolved'] = {},
  tags?: TagChange,
): Mutation<R> {
  const isObject = typeof sent === 'object' && sent !== null;
  return {
    apply(current, context) {
      const fields = isObject ? withoutUnchanged(change, sent, current) : change;
      const all = tags ? { ...fields, tags: changedTags(tagsOf(current), tags) } : fields;
      return noun.update(current, all, { ...context, resolved });
    },
    fires: noun.fires,
  };
}

/** A change of tags by a client. */
export function tagChangeOf<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  change: TagChange,
): Mutation<R> {
  return {
    apply(current, context) {
      const tags = changedTags(tagsOf(current), change);
      return noun.update(current, { tags } as unknown as Change<Input>, context);
    },
    fires: noun.fires,
  };
}

export function deletionOf<R extends BaseRecord>(noun: Pick<Noun, 'events'>): Mutation<R> {
  return { apply: (current) => current, fires: () => [noun.events.deleted.name], isDeletion: true };
}

/** Plans the restoration of a deleted record. */
export function planRestore<R extends BaseRecord>(
  noun: Pick<Noun, 'events'>,
  current: R,
  at: string,
  newId: () => Uuid,
  changed?: Record<string, unknown>,
): Plan<R> {
  const record = { ...current, version: current.version + 1, updated_at: at };
  const events = [{ id: newId(), type: noun.events['restored']!.name, ...(changed && { changed }) }];
  return { id: record.id, record, text: JSON.stringify(record), at, events };
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
  requireMayChange(noun, current, writer);
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
  const events = mutation.isDeletion
    ? mutation.fires(current, record).map((type) => ({ id: newId(), type }))
    : changeEvents(noun, mutation, { before: current, after: record, changed: changed! }, newId);
  return {
    plan: { id, record, text: JSON.stringify(stored), at, events, ...(changed && { changed }) },
    answer: answer(record),
  };
}

/** Throws `not_found` for a record that a writer may not change. */
export function requireMayChange<R extends BaseRecord>(
  noun: Pick<Noun<R>, 'name' | 'mayChange'>,
  current: R,
  writer: Author,
): void {
  if (noun.mayChange?.(current, writer) === false)
    throw new ApiError('not_found', `There is no ${noun.name} with this id that you may change.`);
}

/** The events of a change. Tags have events of their own, and count as no change for the others (RC3). */
function changeEvents<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  mutation: Mutation<R>,
  { before, after, changed }: { before: R; after: R; changed: Record<string, unknown> },
  newId: () => Uuid,
): PlannedEvent[] {
  const tags = noun.hasTags ? tagEventsBetween(tagsOf(before), tagsOf(after)) : [];
  const others = tags.length === 0 ? after : { ...after, tags: tagsOf(before) };
  const changedOthers = tags.length === 0 ? changed : differences(before, others, noun.columns);
  const types = changedOthers ? mutation.fires(before, others) : [];
  const events: PlannedEvent[] = types.map((type) => ({ id: newId(), type, changed: changedOthers! }));
  for (const { verb, tag } of tags) {
    events.push({ id: newId(), type: `${noun.name}.${verb}`, changed: { tag }, context: { tag } });
  }
  if (types.length === 0 && events[0]) events[0].alias = noun.events.updated.name;
  return events;
}
