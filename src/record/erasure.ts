import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import { MAX_WAIT } from '../events/outbox.ts';
import type { Noun } from './noun.ts';
import { redaction, withRedacted, type PartRedaction, type Redaction } from './redaction.ts';

/** What a kind of record has in a table beside its own. */
export interface RelatedTable {
  table: string;
  /** The column that names the record. */
  key: string;
  /** SQL: what its rows are set to. */
  blank: string;
}

/** An object in kept answers that tells of a record without being it. */
export interface EmbeddedCopy {
  /** The field that names the record. */
  key: string;
  /** Its shape; objects without one of its fields are others. */
  output: z.ZodObject;
}

/** Where a kind of record leaves what is personal, beside its own table and events. */
export interface ErasureRules {
  relatedTables?: readonly RelatedTable[];
  /** The same records as another way of making them tells of them: its events carry more than the record. */
  variants?: readonly Noun[];
  embeddedCopies?: readonly EmbeddedCopy[];
}

/** A record that was deleted and still says whom it was about. */
interface Deleted {
  workspace_id: Uuid;
  id: Uuid;
  deleted_at: string;
}

interface StoredEvent {
  id: Uuid;
  type: string;
  data: Record<string, unknown>;
  context: Record<string, unknown> | null;
}

export interface Eraser {
  /**
   * Goes on where the last pass stopped; safe with several processes at once.
   * @returns how many records were expunged
   */
  pass(stopped: AbortSignal): Promise<number>;
}

const BATCH = 200;
/** A pass that has taken so long leaves the rest to the next: those who wait are looked at in turn. */
const PASS_MS = 20_000;

/**
 * Takes what is personal out of records of a kind that were deleted: out of their own rows, their events, attempts,
 * timeline, stored answers and what stands beside them, each record in a transaction of its own. It waits until the
 * deliveries have settled, and no longer than a delivery may (contracts section 6).
 */
export function makeEraser(
  noun: Noun,
  { relatedTables = [], variants = [], embeddedCopies = [] }: ErasureRules,
  { db, log }: { db: Database; log: Logger },
): Eraser {
  const redacted = redactionOf(noun);
  const redactions = new Map(
    [...variants, noun].flatMap((item) => {
      const rule = redactionOf(item);
      return Object.values(item.events).map(({ name }) => [name, rule] as const);
    }),
  );
  const contexts = new Map(
    Object.values(noun.events).map(({ name, contextOutput }) => [name, contextRedaction(contextOutput)]),
  );
  const table = sql.table(noun.name);
  let after: Pick<Deleted, 'deleted_at' | 'id'> | null = null;

  async function candidates(): Promise<Deleted[]> {
    const { rows } = await sql<Deleted>`
      select workspace_id, id, deleted_at from ${table}
      where deleted_at is not null and expunged_at is null
        ${after ? sql`and (deleted_at, id) > (${after.deleted_at}::timestamptz, ${after.id}::uuid)` : sql``}
      order by deleted_at, id limit ${BATCH}`.execute(db.kysely);
    return rows;
  }

  async function erase(trx: Transaction<Schema>, record: Deleted): Promise<boolean> {
    const { workspace_id: workspaceId, id } = record;
    const { rows } = await sql<Record<string, unknown>>`
      select * from ${table} where workspace_id = ${workspaceId} and id = ${id} and expunged_at is null
      for update skip locked`.execute(trx);
    if (!rows[0] || (await hasPendingDelivery(trx, record))) return false;
    await redactEvents(trx, workspaceId, id);
    await redactTimeline(trx, workspaceId, id);
    await redactAttempts(trx, workspaceId, id);
    await redactAnswers(trx, record, (object) => {
      if (object['id'] === id && 'version' in object) return redacted(object);
      const copy = embeddedCopies.find((item) => isEmbeddedCopy(item, object, id));
      return copy && redaction(copy.output, [copy.key])(object);
    });
    for (const { table: other, key, blank } of relatedTables)
      await sql`update ${sql.table(other)} set ${sql.raw(blank)}
                where workspace_id = ${workspaceId} and ${sql.ref(key)} = ${id}`.execute(trx);
    const left = redacted(Object.fromEntries(noun.columns.map((name) => [name, rows[0]![name]])));
    const columns = noun.columns.map((name) => sql.raw(name));
    await sql`
      update ${table} t set (${sql.join(columns)}, expunged_at) = (
        select ${sql.join(noun.columns.map((name) => sql.ref(`r.${name}`)))}, now()
        from json_populate_record(null::${table}, ${JSON.stringify(left)}::json) r)
      where t.workspace_id = ${workspaceId} and t.id = ${id}`.execute(trx);
    return true;
  }

  async function redactEvents(trx: Transaction<Schema>, workspaceId: Uuid, id: Uuid): Promise<void> {
    const { rows } = await sql<StoredEvent>`
      select e.id, e.type, e.data, e.context
      from activity a join event e on e.workspace_id = a.workspace_id and e.id = a.id
      where a.workspace_id = ${workspaceId} and a.record_id = ${id}`.execute(trx);
    for (const { id: eventId, type, data, context } of rows) {
      const redactedContext = context && (contexts.get(type)?.(context) ?? null);
      await sql`update event set data = ${JSON.stringify((redactions.get(type) ?? redacted)(data))}::json,
                                 context = ${redactedContext && JSON.stringify(redactedContext)}::json
                where workspace_id = ${workspaceId} and id = ${eventId}`.execute(trx);
    }
  }

  return {
    async pass(stopped) {
      const until = performance.now() + PASS_MS;
      for (let done = 0; ;) {
        const found = await candidates();
        for (const record of found) {
          if (stopped.aborted || performance.now() > until) return done;
          try {
            if (await db.transaction((trx) => erase(trx, record))) done += 1;
          } catch (error) {
            log.error({ err: (error as Error).message, [noun.name]: record.id }, 'could not be expunged');
          }
          after = record;
        }
        if (found.length < BATCH) {
          after = null;
          return done;
        }
      }
    },
  };
}

/** What its summary tells stays. */
function redactionOf(noun: Noun): Redaction {
  const open = Object.keys(noun.summary({})).filter((name) => noun.columns.includes(name as never));
  return redaction(noun.output, open);
}

function isEmbeddedCopy(
  { key, output }: EmbeddedCopy,
  object: Readonly<Record<string, unknown>>,
  id: Uuid,
): boolean {
  return object[key] === id && Object.keys(output.shape).every((name) => name in object);
}

function contextRedaction(output: z.ZodObject | undefined) {
  return output && redaction(output);
}

/** The event `a.id` as the bounds of the ids that its own deliveries can have: they begin with its time (outbox.ts). */
const ownDelivery = (id: string) =>
  sql.raw(`${id} between (left(a.id::text, 13) || '-0000-0000-000000000000')::uuid
                     and (left(a.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid`);

/** Whether something is still to be delivered about it, and may be. */
async function hasPendingDelivery(trx: Transaction<Schema>, { workspace_id: workspaceId, id, deleted_at: at }: Deleted) {
  const { rows } = await sql<{ pending: boolean }>`
    select ${at}::timestamptz > now() - ${sql.raw(MAX_WAIT)} and exists (
      select from activity a
      where a.workspace_id = ${workspaceId} and a.record_id = ${id} and (
        exists (select from queue q where q.workspace_id = ${workspaceId} and ${ownDelivery('q.id')} and q.event_id = a.id)
        or exists (select from queue q where q.workspace_id = ${workspaceId} and q.kind = 'resend' and q.event_id = a.id))
    ) as pending`.execute(trx);
  return rows[0]!.pending;
}

/** The names of the fields that changed stay, what they were goes. */
async function redactTimeline(trx: Transaction<Schema>, workspaceId: Uuid, id: Uuid): Promise<void> {
  await sql`
    update activity set changed = (select json_object_agg(c.key, null) from json_each(changed) c)
    where workspace_id = ${workspaceId} and record_id = ${id} and changed is not null`.execute(trx);
}

/** When, with which status and failure stays; what was sent and answered goes. */
async function redactAttempts(trx: Transaction<Schema>, workspaceId: Uuid, id: Uuid): Promise<void> {
  const redactWhere = (how: RawBuilder<unknown>) => sql`
    update attempt t set request = null, response = null, detail = null from activity a
    where a.workspace_id = ${workspaceId} and a.record_id = ${id}
      and t.workspace_id = ${workspaceId} and t.event_id = a.id and ${how}`;
  await redactWhere(ownDelivery('t.delivery_id')).execute(trx);
  await redactWhere(sql`t.kind = 'resend'`).execute(trx);
}

/**
 * Answers that are given again under an Idempotency-Key: they are kept for 24 hours, and only those to a change of
 * then can hold the record. Whoever asks again still gets an answer, and makes nothing twice.
 */
async function redactAnswers(
  trx: Transaction<Schema>,
  record: Deleted,
  redacted: PartRedaction,
): Promise<void> {
  const { workspace_id: workspaceId, id, deleted_at: at } = record;
  const { rows } = await sql<{ api_key_id: Uuid; key: string; body: string }>`
    select api_key_id, key, body from idempotency
    where workspace_id = ${workspaceId} and not sealed and strpos(body, ${id}) > 0
      and exists (select from activity a
        where a.workspace_id = ${workspaceId} and a.record_id = ${id} and a.occurred_at > now() - interval '26 hours'
          and a.occurred_at < ${at}::timestamptz)`.execute(trx);
  for (const { api_key_id: keyId, key, body } of rows) {
    const left = JSON.stringify(withRedacted(JSON.parse(body), redacted));
    await sql`update idempotency set body = ${left}
              where workspace_id = ${workspaceId} and api_key_id = ${keyId} and key = ${key}`.execute(trx);
  }
}
