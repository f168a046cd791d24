import type { StoredAnswer } from '../account/idempotency.ts';
import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { matchingWebhooks, type LaneKey, type MatchingWebhook } from '../events/outbox.ts';
import type { BaseRecord, Change, Noun } from './noun.ts';
import {
  deletionOf,
  planChange,
  planCreate,
  tagChangeOf,
  updateOf,
  type BeforeWrite,
  type ChangeRequest,
  type Mutation,
  type Plan,
  type Writer,
} from './record-plan.ts';
import { withSurvivor } from './merge/merged-id.ts';
import type { RecordStore, StoreParts } from './record-store.ts';
import { withReferences } from './checked-references.ts';
import type { Source } from './source.ts';
import { refersToAny, type References } from './reference.ts';
import type { TagChange } from './tags/record-tags.ts';
import { insertTags, type NewTag, type TagRegistry } from './tags/tag-registry.ts';
import { query, type Statement, type Transaction } from '../db/query.ts';

/** An input before it is planned; enrich steps change it. */
export interface Draft {
  readonly writer: Writer;
  readonly kind: 'create' | 'change';
  /** The record that is changed. */
  readonly id?: Uuid;
  readonly source: Source;
  /** The fields. */
  input: Record<string, unknown>;
  /** Passed to the noun's `derive`. */
  resolved: Record<string, unknown>;
  /** Tags of the input that the workspace does not have yet; created with the record. */
  newTags?: readonly NewTag[];
  /** Written by the noun's insert gate with the record. */
  related?: object;
}

/**
 * Fills in missing fields from the workspace's settings, such as a deal's pipeline. Throws `validation_error` if the input
 * refers to something that does not exist.
 */
export type EnrichStep = (draft: Draft) => Promise<void>;

export interface ServiceOptions {
  /** Run in this order. They write nothing: a preview runs them too. */
  enrich?: readonly EnrichStep[];
  /**
   * Each returns what a change needs in its transaction: a lock on a status that the workspace can delete, or a new
   * source. Null if it needs nothing. Throws `validation_error` if what the change depends on no longer exists.
   */
  beforeChange?: readonly ((draft: Draft) => BeforeWrite | null)[];
  /** What a new record needs in its transaction; null if it needs nothing, and is written with others in a batch. */
  beforeCreate?(writer: Writer, record: BaseRecord): BeforeWrite | null;
  /** The same for a record that is restored from the trash; its row is locked. */
  beforeRestore?(writer: Writer, record: BaseRecord): BeforeWrite | null;
  /** The tags of workspaces, if the noun has tags. */
  tags?: TagRegistry;
}

/** A change that is checked and enriched, to be written in the caller's transaction. */
export interface PreparedChange<R> {
  mutation: Mutation<R>;
  /** To be run, in order, before the record's row is locked. */
  before: readonly BeforeWrite[];
}

/** A change that a client sent. */
export interface SentChange<Input> {
  change: Change<Input>;
  source: Source;
  /** In place of the field `tags`. */
  tags?: TagChange;
}

/** The effect that a write would have now. */
export interface Preview<R> {
  /** The record in the response, without fields that the statement assigns. */
  record: R;
  /** For a change: the fields that would change, with their current values. */
  changed: Record<string, unknown> | null;
  events: string[];
  webhooks: MatchingWebhook[];
}

/**
 * Creates and changes records of a kind. The API, batches, forms, inbound webhooks and imports all use it. It first makes
 * plans (references, enrich steps, the noun's rules), then writes them.
 */
export interface RecordService<R extends BaseRecord, Input extends object> {
  readonly noun: Noun<R, Input>;
  readonly store: RecordStore<R>;
  /** Plans a new record from an input that the noun's schema accepted. Throws `validation_error`. */
  plan(writer: Writer, input: Input, source: Source): Promise<Plan<R>>;
  /** Plans a new record from an input that is already enriched and whose references are valid. */
  planEnriched(
    writer: Writer,
    input: Input,
    more?: Partial<Pick<Draft, 'resolved' | 'related' | 'newTags'>>,
  ): Plan<R>;
  /** Changes the fields that were sent. Throws `not_found`, `precondition_failed`, `validation_error`. */
  update(request: Omit<ChangeRequest<R>, 'mutation'>, sent: SentChange<Input>): Promise<StoredAnswer>;
  /** Adds and removes tags. Throws `not_found`, `precondition_failed`, `validation_error`. */
  changeTags(request: Omit<ChangeRequest<R>, 'mutation'>, change: TagChange): Promise<StoredAnswer>;
  /** As `update`, but writes nothing. Throws `validation_error`. */
  prepareChange(
    request: Pick<ChangeRequest<R>, 'writer' | 'id'>,
    sent: SentChange<Input>,
  ): Promise<PreparedChange<R>>;
  /** Writes a prepared change in the caller's transaction. @returns also the lanes to notify after the commit */
  changeWithin(
    trx: Transaction,
    request: ChangeRequest<R>,
    before: readonly BeforeWrite[],
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  remove(request: Omit<ChangeRequest<R>, 'mutation'>): Promise<StoredAnswer>;
  /** Restores a deleted record whose row the transaction has locked. @returns also the lanes to notify after the commit */
  restoreWithin(
    trx: Transaction,
    writer: Writer,
    record: R,
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  /** The effect of a create, an update or a deletion; nothing is written. */
  previewCreate(writer: Writer, input: Input, source: Source): Promise<Preview<R>>;
  previewChange(request: Omit<ChangeRequest<R>, 'mutation'>, sent: SentChange<Input>): Promise<Preview<R>>;
  previewRemove(request: Omit<ChangeRequest<R>, 'mutation'>): Promise<Preview<R>>;
}

export type ServiceParts = StoreParts & { references: References };

export function makeRecordService<R extends BaseRecord, Input extends object>(
  noun: Noun<R, Input>,
  store: RecordStore<R>,
  parts: ServiceParts,
  options: ServiceOptions = {},
): RecordService<R, Input> {
  return new Service(noun, store, parts, options);
}

class Service<R extends BaseRecord, Input extends object> implements RecordService<R, Input> {
  readonly noun: Noun<R, Input>;
  readonly store: RecordStore<R>;
  readonly #parts: ServiceParts;
  readonly #options: ServiceOptions;

  constructor(noun: Noun<R, Input>, store: RecordStore<R>, parts: ServiceParts, options: ServiceOptions) {
    this.noun = noun;
    this.store = store;
    this.#parts = parts;
    this.#options = options;
  }

  async plan(writer: Writer, input: Input, source: Source): Promise<Plan<R>> {
    const checked = refersToAny(this.noun.references, input)
      ? await withReferences(this.#parts.references, this, writer.workspaceId, input)
      : input;
    const steps = this.#options.enrich ?? [];
    if (steps.length === 0) return this.planEnriched(writer, checked);
    const draft = await this.#enriched({
      writer,
      kind: 'create',
      source,
      input: { ...(checked as object) },
      resolved: {},
    });
    return this.planEnriched(writer, draft.input as Input, draft);
  }

  planEnriched(
    writer: Writer,
    input: Input,
    { resolved = {}, related, newTags }: Partial<Pick<Draft, 'resolved' | 'related' | 'newTags'>> = {},
  ): Plan<R> {
    const context = { at: this.#now(), actor: writer.actor, resolved };
    const plan = planCreate(this.noun, input, context, this.#parts.newId);
    if (related) plan.related = JSON.stringify(related);
    if (newTags) plan.newTags = newTags;
    const before = this.#options.beforeCreate?.(writer, plan.record);
    if (before) plan.before = before;
    return plan;
  }

  update(request: Omit<ChangeRequest<R>, 'mutation'>, sent: SentChange<Input>): Promise<StoredAnswer> {
    return this.#byCurrentId(request, async (current) => {
      const { mutation, before } = await this.prepareChange(current, sent);
      if (before.length === 0) return this.store.change({ ...current, mutation });
      return this.#changeInTransaction({ ...current, mutation }, before);
    });
  }

  /** The id of a merged record works like that of its survivor. */
  #byCurrentId<Request extends Pick<ChangeRequest<R>, 'writer' | 'id'>, T>(
    request: Request,
    work: (request: Request) => Promise<T>,
  ): Promise<T> {
    const { db } = this.#parts;
    return withSurvivor(db, this.noun, request.writer.workspaceId, request.id, (id) =>
      work({ ...request, id }),
    );
  }

  async #changeInTransaction(
    request: ChangeRequest<R>,
    before: readonly BeforeWrite[],
  ): Promise<StoredAnswer> {
    const { answer, lanes } = await this.#parts.db.transaction((trx) =>
      this.changeWithin(trx, request, before),
    );
    this.#parts.notify(lanes);
    return answer;
  }

  async prepareChange(
    { writer, id }: Pick<ChangeRequest<R>, 'writer' | 'id'>,
    { change, source, tags }: SentChange<Input>,
  ): Promise<PreparedChange<R>> {
    const checked = await withReferences(this.#parts.references, this, writer.workspaceId, change, id);
    const draft = await this.#enriched({
      writer,
      kind: 'change',
      id,
      source,
      input: { ...checked },
      resolved: {},
    });
    const enriched = draft.input as Change<Input>;
    const added = tags && (await this.#options.tags!.match(writer.workspaceId, tags.add));
    const tagChange = tags && { ...tags, add: added!.names };
    const newTags = [...(draft.newTags ?? []), ...(added?.created ?? [])];
    return {
      mutation: updateOf(this.noun, enriched, source.sent, draft.resolved, tagChange),
      before: [
        ...(this.#options.beforeChange ?? []).flatMap((stepFor) => stepFor(draft) ?? []),
        ...(newTags.length > 0 ? [this.#createTags(writer, newTags)] : []),
      ],
    };
  }

  async changeWithin(trx: Transaction, request: ChangeRequest<R>, before: readonly BeforeWrite[]) {
    for (const step of before) await step(trx);
    await query(trx, lockStatement(this.noun.name), [request.writer.workspaceId, request.id]);
    return this.store.changeWithin(trx, request);
  }

  async changeTags(
    request: Omit<ChangeRequest<R>, 'mutation'>,
    { add, remove }: TagChange,
  ): Promise<StoredAnswer> {
    const { writer } = request;
    const { names, created } = await this.#options.tags!.match(writer.workspaceId, add);
    const change = { ...request, mutation: tagChangeOf<R, Input>(this.noun, { add: names, remove }) };
    return this.#byCurrentId(change, (current) =>
      created
        ? this.#changeInTransaction(current, [this.#createTags(writer, created)])
        : this.store.change(current),
    );
  }

  remove(request: Omit<ChangeRequest<R>, 'mutation'>): Promise<StoredAnswer> {
    const removal = { ...request, mutation: deletionOf<R>(this.noun) };
    return this.#byCurrentId(removal, (current) => this.store.change(current));
  }

  async restoreWithin(trx: Transaction, writer: Writer, record: R) {
    await this.#options.beforeRestore?.(writer, record)?.(trx);
    return this.store.restoreWithin(trx, writer, record, true);
  }

  async previewCreate(writer: Writer, input: Input, source: Source): Promise<Preview<R>> {
    const plan = await this.plan(writer, input, source);
    return this.#preview(writer.workspaceId, plan, null);
  }

  previewChange(request: Omit<ChangeRequest<R>, 'mutation'>, sent: SentChange<Input>): Promise<Preview<R>> {
    return this.#byCurrentId(request, async (current) => {
      const { mutation } = await this.prepareChange(current, sent);
      return this.#previewMutation({ ...current, mutation });
    });
  }

  previewRemove(request: Omit<ChangeRequest<R>, 'mutation'>): Promise<Preview<R>> {
    const removal = { ...request, mutation: deletionOf<R>(this.noun) };
    return this.#byCurrentId(removal, (current) => this.#previewMutation(current));
  }

  async #previewMutation(request: ChangeRequest<R>): Promise<Preview<R>> {
    const { workspaceId } = request.writer;
    const current = await this.store.get(workspaceId, request.id);
    const { plan } = planChange(this.noun, request, current, this.#now(), this.#parts.newId);
    if (plan) return this.#preview(workspaceId, plan, plan.changed ?? null);
    return { record: current!, changed: null, events: [], webhooks: [] };
  }

  async #enriched(draft: Draft): Promise<Draft> {
    for (const step of this.#options.enrich ?? []) await step(draft);
    const { tags } = draft.input as { tags?: readonly string[] | null };
    if (tags && tags.length > 0 && this.#options.tags) {
      const { names, created } = await this.#options.tags.match(draft.writer.workspaceId, tags);
      draft.input['tags'] = names;
      if (created) draft.newTags = created;
    }
    return draft;
  }

  #createTags(writer: Writer, tags: readonly NewTag[]): BeforeWrite {
    return (trx) => insertTags(trx, writer, tags, this.#now());
  }

  async #preview(workspaceId: Uuid, plan: Plan<R>, changed: Preview<R>['changed']): Promise<Preview<R>> {
    const { db, wildcardFormats, oneEventFormats } = this.#parts;
    const fired = plan.events.map(({ type, alias }) => ({
      type,
      wildcard: wildcardFormats(type),
      record: plan.text,
      ...(alias && { alias, alias_formats: oneEventFormats }),
    }));
    const events = fired.map(({ type }) => type);
    return { record: plan.record, changed, events, webhooks: await matchingWebhooks(db, workspaceId, fired) };
  }

  #now(): string {
    return isoTime(this.#parts.clock.now());
  }
}

function lockStatement(table: string): Statement {
  return {
    name: `${table}.lock-for-change`,
    text: `select from ${table} where workspace_id = $1 and id = $2 for update`,
  };
}
