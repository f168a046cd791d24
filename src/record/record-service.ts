import type { StoredAnswer } from '../account/idempotency.ts';
import { isoTime } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { matchingWebhooks, type LaneKey, type MatchingWebhook } from '../events/outbox.ts';
import type { Client } from '../http/route.ts';
import type { BaseRecord, Change, Noun } from './noun.ts';
import {
  deletionOf,
  planChange,
  planCreate,
  tagChangeOf,
  updateOf,
  type ChangeRequest,
  type Mutation,
  type Plan,
  type Writer,
} from './record-plan.ts';
import type { RecordStore, StoreParts } from './record-store.ts';
import { refersToAny, type References } from './reference.ts';
import type { TagChange } from './tags/record-tags.ts';
import { insertTags, type NewTag, type TagRegistry } from './tags/tag-registry.ts';
import { query, type Statement, type Transaction } from '../db/query.ts';

/** The origin of an input. */
export interface Source {
  /** The whole body. */
  sent: unknown;
  /** The body as JSON text, exactly as sent, for storage. */
  sentText(): string;
  client: Pick<Client, 'address' | 'referrer'>;
  /** The channel; default: `api`. */
  channel?: string;
  /** The UTM fields, if not in `sent`. */
  campaign?: Record<string, unknown>;
}

/** An input before it is planned; enrich steps change it. */
export interface Draft {
  readonly writer: Writer;
  readonly kind: 'create' | 'change';
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

/** Runs in the transaction of a change, before the change is written. */
export type BeforeChange = (trx: Transaction) => Promise<void>;

export interface ServiceOptions {
  /** Run in this order. They write nothing: a preview runs them too. */
  enrich?: readonly EnrichStep[];
  /**
   * Each returns what a change needs in its transaction: a lock on a status that the workspace can delete, or a new
   * source. Null if it needs nothing. Throws `validation_error` if what the change depends on no longer exists.
   */
  beforeChange?: readonly ((draft: Draft) => BeforeChange | null)[];
  /** The tags of workspaces, if the noun has tags. */
  tags?: TagRegistry;
}

/** A change that is checked and enriched, to be written in the caller's transaction. */
export interface PreparedChange<R> {
  mutation: Mutation<R>;
  /** To be run, in order, before the record's row is locked. */
  before: readonly BeforeChange[];
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
    before: readonly BeforeChange[],
  ): Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;
  remove(request: Omit<ChangeRequest<R>, 'mutation'>): Promise<StoredAnswer>;
  /** The effect of a create or an update; nothing is written. */
  previewCreate(writer: Writer, input: Input, source: Source): Promise<Preview<R>>;
  previewChange(request: Omit<ChangeRequest<R>, 'mutation'>, sent: SentChange<Input>): Promise<Preview<R>>;
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
    if (refersToAny(this.noun.references, input)) await this.#checkReferences(writer.workspaceId, input);
    const steps = this.#options.enrich ?? [];
    if (steps.length === 0) return this.planEnriched(writer, input);
    const draft = await this.#enriched({
      writer,
      kind: 'create',
      source,
      input: { ...(input as object) },
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
    return plan;
  }

  async update(request: Omit<ChangeRequest<R>, 'mutation'>, sent: SentChange<Input>): Promise<StoredAnswer> {
    const { mutation, before } = await this.prepareChange(request, sent);
    if (before.length === 0) return this.store.change({ ...request, mutation });
    return this.#changeInTransaction({ ...request, mutation }, before);
  }

  async #changeInTransaction(
    request: ChangeRequest<R>,
    before: readonly BeforeChange[],
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
    await this.#checkReferences(writer.workspaceId, change, id);
    const draft = await this.#enriched({
      writer,
      kind: 'change',
      source,
      input: { ...change },
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

  async changeWithin(trx: Transaction, request: ChangeRequest<R>, before: readonly BeforeChange[]) {
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
    return created
      ? this.#changeInTransaction(change, [this.#createTags(writer, created)])
      : this.store.change(change);
  }

  remove(request: Omit<ChangeRequest<R>, 'mutation'>): Promise<StoredAnswer> {
    return this.store.change({ ...request, mutation: deletionOf<R>(this.noun) });
  }

  async previewCreate(writer: Writer, input: Input, source: Source): Promise<Preview<R>> {
    const plan = await this.plan(writer, input, source);
    return this.#preview(writer.workspaceId, plan, null);
  }

  async previewChange(
    request: Omit<ChangeRequest<R>, 'mutation'>,
    sent: SentChange<Input>,
  ): Promise<Preview<R>> {
    const { mutation } = await this.prepareChange(request, sent);
    const { workspaceId } = request.writer;
    const current = await this.store.get(workspaceId, request.id);
    const { plan } = planChange(this.noun, { ...request, mutation }, current, this.#now(), this.#parts.newId);
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

  #createTags(writer: Writer, tags: readonly NewTag[]): BeforeChange {
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

  /** @param id the record that is changed: its current references may stay, even if deleted since */
  async #checkReferences(workspaceId: Uuid, input: object, id?: Uuid): Promise<void> {
    let missing = await this.#parts.references.missing(workspaceId, this.noun.references, input);
    if (missing.length > 0 && id !== undefined) {
      const current = (await this.store.get(workspaceId, id)) as Record<string, unknown> | undefined;
      const sent = input as Record<string, unknown>;
      missing = missing.filter(({ field }) => sent[field] !== current?.[field]);
    }
    if (missing.length === 0) return;
    const message = missing.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
    throw new ApiError('validation_error', message, { fields: missing });
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
