import type { z } from 'zod';
import { caseless } from '../base/fold.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { sql, type Sql } from '../db/sql.ts';
import { MAX_WAIT } from '../events/outbox.ts';
import { tagsOf, type Noun } from './noun.ts';
import { ownDelivery, redactHistory, type HistoryRules } from './history-redaction.ts';
import { eraseFormerMerge, eraseMerges } from './merge/merge-erasure.ts';
import { listFormerMerges } from './merge/former-merge.ts';
import { forgetDocument } from './search/search-pending.ts';
import { redaction, withRedacted, type PartRedaction, type Redaction } from './redaction.ts';
import { RESTORABLE_DAYS } from './trash/trash.ts';

/** A table that holds related rows of a kind of record. */
export interface RelatedTable {
  table: string;
  /** The column with the record's id. */
  key: string;
  /** SQL: the assignments that blank its rows. */
  blank: string;
}

/** An object in stored responses that holds data of a record without being the record. */
export interface EmbeddedCopy {
  /** The field with the record's id. */
  key: string;
  /** Its schema. */
  output: z.ZodObject;
  /** The fields with data of the record; default: all but `key`. An object that lacks one of them is something else. */
  personal?: readonly string[];
}

/** Where personal data of a kind of record is stored, besides its own table and events. */
export interface ErasureRules {
  relatedTables?: readonly RelatedTable[];
  /** Nouns of the same table whose events hold more than the record. */
  variants?: readonly Noun[];
  embeddedCopies?: readonly EmbeddedCopy[];
  /** Erases what is found by the record's values rather than by its id. @param row before it is erased */
  eraseCopies?(trx: Transaction, row: Readonly<Record<string, unknown>>): Promise<void>;
}

/** A deleted record that still holds personal data. */
interface Deleted {
  workspace_id: Uuid;
  id: Uuid;
  deleted_at: string;
}

export interface Eraser {
  /**
   * Continues where the last pass stopped; safe in several processes at once.
   * @returns how many records were erased
   */
  pass(stopped: AbortSignal): Promise<number>;
}

const BATCH = 200;
/** SQL: how long a record waits whose erasure was not requested. */
const RESTORABLE = `interval '${RESTORABLE_DAYS} days'`;
/** After this time a pass leaves the rest to the next, so that other kinds of records get their turn. */
const PASS_MS = 20_000;

const HAS_PENDING_DELIVERY = {
  name: 'erasure.has-pending-delivery',
  text: `select $1::timestamptz > now() - ${MAX_WAIT} and exists (
           select from activity a
           where a.workspace_id = $2 and a.record_id = $3 and (
             exists (select from queue q where q.workspace_id = $2 and ${ownDelivery('q.id')} and q.event_id = a.id)
             or exists (select from queue q where q.workspace_id = $2 and q.kind = 'resend' and q.event_id = a.id))
         ) as pending`,
};

const LIST_RESPONSES = {
  name: 'erasure.list-responses',
  text: `select api_key_id, key, body from idempotency
         where $3::timestamptz > now() - interval '26 hours'
           and workspace_id = $1 and not sealed and strpos(body, $2::uuid::text) > 0`,
};

const REDACT_RESPONSE = {
  name: 'erasure.redact-response',
  text: `update idempotency set body = $1
         where workspace_id = $2 and api_key_id = $3 and key = $4`,
};

/** The next records to erase; merged ones are erased with their survivor. By an index for each reason: what waits in the trash is not read. */
function dueRecords(
  db: Database,
  table: Sql,
  isMergeable: boolean,
  after: Pick<Deleted, 'deleted_at' | 'id'> | null,
): Promise<Deleted[]> {
  const due = (condition: Sql) => sql`
    select workspace_id, id, deleted_at from ${table}
    where ${condition} and expunged_at is null
      ${after ? sql`and (deleted_at, id) > (${after.deleted_at}::timestamptz, ${after.id}::uuid)` : sql``}
    order by deleted_at, id limit ${BATCH}`;
  return query<Deleted>(
    db.pool,
    sql`
    select * from (
      (${due(sql`erase_requested_at is not null and deleted_at is not null`)})
      union
      (${due(sql`deleted_at <= now() - ${sql.raw(RESTORABLE)}${isMergeable ? sql` and merged_into is null` : sql``}`)})
    ) d order by deleted_at, id limit ${BATCH}`,
  );
}

/**
 * Erases personal data of records of a kind that were deleted 30 days ago, or whose erasure was requested: in their rows,
 * events, attempts, timeline, stored responses and related tables, each record in a transaction of its own. It waits until the record's deliveries have settled, at most
 * for the lifetime of a delivery (docs/requirements.md, section 6).
 */
export function makeEraser(
  noun: Noun,
  { relatedTables = [], variants = [], embeddedCopies = [], eraseCopies }: ErasureRules,
  { db, log, tagged }: { db: Database; log: Logger; tagged: readonly string[] },
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
  const rules: HistoryRules = {
    dataOf: (type, data) => (redactions.get(type) ?? redacted)(data),
    contextOf: (type, context) => contexts.get(type)?.(context) ?? null,
  };
  const table = sql.ref(noun.name);
  let after: Pick<Deleted, 'deleted_at' | 'id'> | null = null;

  async function erase(trx: Transaction, record: Deleted): Promise<boolean> {
    const { workspace_id: workspaceId, id } = record;
    const rows = await query<Record<string, unknown>>(
      trx,
      sql`
      select * from ${table} where workspace_id = ${workspaceId} and id = ${id}
        and deleted_at = ${record.deleted_at}::timestamptz and expunged_at is null
      for update skip locked`,
    );
    if (!rows[0] || (await hasPendingDelivery(trx, record))) return false;
    const formerMerges = noun.mergeRules ? await listFormerMerges(trx, record) : [];
    for (const { recordId } of formerMerges)
      if (await hasPendingDelivery(trx, { ...record, id: recordId })) return false;
    await redactHistory(trx, workspaceId, { recordId: id, entries: null, from: null, to: null }, rules);
    // Stored responses of a former survivor are not told apart by time: they expire within a day.
    for (const former of formerMerges) {
      const { recordId } = former;
      await eraseFormerMerge(trx, workspaceId, former);
      await redactHistory(trx, workspaceId, former, { ...rules, contextOf: (_type, context) => context });
      await redactAnswers(trx, { ...record, id: recordId }, (object) =>
        object['id'] === recordId && 'version' in object ? redacted(object) : undefined,
      );
    }
    await redactAnswers(trx, record, (object) => {
      if (object['id'] === id && 'version' in object) return redacted(object);
      const copy = embeddedCopies.find((item) => isEmbeddedCopy(item, object, id));
      return copy && redactionOfCopy(copy)(object);
    });
    if (noun.hasTags) await removeUnusedTags(trx, record, tagsOf(rows[0]), tagged);
    for (const { table: other, key, blank } of relatedTables)
      await query(
        trx,
        sql`update ${sql.ref(other)} set ${sql.raw(blank)}
                where workspace_id = ${workspaceId} and ${sql.ref(key)} = ${id}`,
      );
    if (noun.mergeRules) await eraseMerges(trx, table, record, rows[0]['merged_ids']);
    await forgetDocument(trx, workspaceId, noun.name, id);
    await eraseCopies?.(trx, rows[0]);
    const left = redacted(Object.fromEntries(noun.columns.map((name) => [name, rows[0]![name]])));
    await query(
      trx,
      sql`
      update ${table} t set (${sql.join(noun.columns.map(sql.ref))}, expunged_at) = (
        select ${sql.join(noun.columns.map((name) => sql.ref(`r.${name}`)))}, now()
        from json_populate_record(null::${table}, ${JSON.stringify(left)}::json) r)
      where t.workspace_id = ${workspaceId} and t.id = ${id}`,
    );
    return true;
  }

  return {
    async pass(stopped) {
      const until = performance.now() + PASS_MS;
      for (let done = 0; ;) {
        const found = await dueRecords(db, table, noun.mergeRules !== undefined, after);
        for (const record of found) {
          if (stopped.aborted || performance.now() > until) return done;
          try {
            if (await db.transaction((trx) => erase(trx, record))) done += 1;
          } catch (error) {
            log.error({ err: (error as Error).message, [noun.name]: record.id }, 'could not be erased');
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

/** Fields that the summary shows stay. */
function redactionOf(noun: Noun): Redaction {
  const open = Object.keys(noun.summary({})).filter((name) => noun.columns.includes(name as never));
  return redaction(noun.output, open);
}

/** Redacts a copy; fields that are not its own stay. */
function redactionOfCopy({ key, output, personal }: EmbeddedCopy): Redaction {
  if (!personal) return redaction(output, [key]);
  const redacted = redaction(output);
  return (object) => ({
    ...object,
    ...redacted(Object.fromEntries(personal.map((name) => [name, object[name]]))),
  });
}

function isEmbeddedCopy(
  { key, output, personal = Object.keys(output.shape) }: EmbeddedCopy,
  object: Readonly<Record<string, unknown>>,
  id: Uuid,
): boolean {
  return object[key] === id && personal.every((name) => name in object);
}

/**
 * Removes tags that only this record has from the workspace's list: such a tag may be personal.
 * @param tagged the tables whose records have tags
 */
async function removeUnusedTags(
  trx: Transaction,
  { workspace_id: workspaceId, id }: Deleted,
  tags: readonly string[],
  tagged: readonly string[],
): Promise<void> {
  for (const tag of tags.map(caseless)) {
    const uses = tagged.map(
      (table) => sql`select from ${sql.ref(table)} where workspace_id = ${workspaceId} and id <> ${id}
                     and tags <> '{}' and caseless_tags(tags) @> array[${tag}::text]`,
    );
    await query(
      trx,
      sql`delete from tag where workspace_id = ${workspaceId} and folded = ${tag}
          and not exists (${sql.join(uses, sql` union all `)})
          and not exists (select from tag_change c where c.workspace_id = tag.workspace_id and c.tag_id = tag.id)`,
    );
  }
}

function contextRedaction(output: z.ZodObject | undefined) {
  return output && redaction(output);
}

/** Whether a delivery about the record is still queued and not expired. */
async function hasPendingDelivery(
  trx: Transaction,
  { workspace_id: workspaceId, id, deleted_at: at }: Deleted,
) {
  const rows = await query<{ pending: boolean }>(trx, HAS_PENDING_DELIVERY, [at, workspaceId, id]);
  return rows[0]!.pending;
}

/**
 * Redacts responses stored under an Idempotency-Key. They are stored for 24 hours, and none with the record after its
 * deletion, so those of a record that was deleted before that are gone. A repeated request still gets an answer, and creates nothing twice.
 */
async function redactAnswers(trx: Transaction, record: Deleted, redacted: PartRedaction): Promise<void> {
  const { workspace_id: workspaceId, id, deleted_at: at } = record;
  const rows = await query<{ api_key_id: Uuid; key: string; body: string }>(trx, LIST_RESPONSES, [
    workspaceId,
    id,
    at,
  ]);
  for (const { api_key_id: keyId, key, body } of rows) {
    const left = JSON.stringify(withRedacted(JSON.parse(body), redacted));
    await query(trx, REDACT_RESPONSE, [left, workspaceId, keyId, key]);
  }
}
