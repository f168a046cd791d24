import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { RecordKey, SearchDocuments } from './search-document.ts';
import { formOf } from './search-text.ts';

/** What a step has done. */
export type SearchStep =
  /** Another process is in a step. */
  | { kind: 'busy' }
  /** There was nothing to do. */
  | { kind: 'idle' }
  /** `backlog`: how many events were committed at its begin and are left; `seen`: see `countEvents`; null: not read. */
  | { kind: 'done'; backlog: number; seen: number | null };

// Any number will do, as long as every process of an installation uses the same.
const LOCK = 0x4641_5345;

/** Events of one step: larger steps cost less each, and hold up those who wait for their own writes. */
const EVENTS = 1_000;
/** With more events than this to follow, nobody waits for a step: answers say that search is behind. */
const FAR_BEHIND = 10_000;
const EVENTS_FAR_BEHIND = 8_000;
/** Workspaces of one step. */
const WORKSPACES = 50;
const PENDING = 1_000;

const TAKE_TURN = { name: 'search.take-turn', text: 'select pg_try_advisory_xact_lock($1) as ours' };

const FORMS = { name: 'search.forms', text: 'select object_type, form from search_form' };

const EVENT_COUNT = 'select coalesce(sum(event_seq), 0)::bigint from workspace_counter';

/** A workspace whose documents are behind; `floor` is the last event that retention has dropped. */
const IS_BEHIND = {
  name: 'search.behind',
  text: `
select c.workspace_id, coalesce(p.seq, 0) as seq, c.event_seq as until, f.seq as floor,
       sum(c.event_seq - coalesce(p.seq, 0)) over () as backlog, (${EVENT_COUNT}) as seen
from workspace_counter c
left join search_position p on p.workspace_id = c.workspace_id
left join feed_floor f on f.workspace_id = c.workspace_id
where c.event_seq > coalesce(p.seq, 0)
order by random() limit ${WORKSPACES}`,
};

const EVENTS_SO_FAR = { name: 'search.events-so-far', text: `select (${EVENT_COUNT}) as events` };

const HAS_WORK = {
  name: 'search.has-work',
  text: `
select exists (
    select from workspace_counter c left join search_position p on p.workspace_id = c.workspace_id
    where c.event_seq > coalesce(p.seq, 0)
  ) or exists (select from search_pending) as found`,
};

const EVENTS_AFTER = {
  name: 'search.events-after',
  text: `
select w.workspace_id, e.seq, e.type, e.object_type, e.object_id
from unnest($1::uuid[], $2::bigint[]) as w(workspace_id, seq)
cross join lateral (
  select e.seq, e.type, e.object_type, e.object_id from event e
  where e.workspace_id = w.workspace_id and e.seq > w.seq order by e.seq limit $3
) e`,
};

const MOVE_ON = {
  name: 'search.move-on',
  text: `
insert into search_position as p (workspace_id, seq)
select * from unnest($1::uuid[], $2::bigint[])
on conflict (workspace_id) do update set seq = excluded.seq`,
};

const TAKE_RECORDS = {
  name: 'search.take-records',
  text: `
delete from search_pending where id in (
  select id from search_pending where record_id is not null order by id limit ${PENDING}
) returning workspace_id, object_type, record_id`,
};

const NEXT_RANGE = {
  name: 'search.next-range',
  text: `
select id, workspace_id, object_type, ref_field, ref_id, after_id from search_pending
where record_id is null order by is_first, ref_id is null, id limit 1`,
};

const ADVANCE_RANGE = {
  name: 'search.advance-range',
  text: 'update search_pending set after_id = $2 where id = $1',
};

const END_RANGE = { name: 'search.end-range', text: 'delete from search_pending where id = $1' };

interface Behind {
  workspace_id: Uuid;
  seq: number;
  until: number;
  floor: number | null;
  backlog: number;
  seen: number;
}

interface ChangedRecord {
  workspace_id: Uuid;
  seq: number;
  type: string;
  object_type: string;
  object_id: Uuid;
}

interface Range {
  id: number;
  workspace_id: Uuid;
  object_type: string;
  ref_field: string | null;
  ref_id: Uuid | null;
  after_id: Uuid | null;
}

/**
 * Brings the documents some way forward: events, then records that others have named, then one piece of a range. A step
 * is one transaction of documents and position, under a lock that one process at a time has: whatever ends it, the next
 * step begins where this one did. Each statement in it sees what the last holder of the lock has committed, so an older
 * state of a record never replaces a newer one.
 * @param options.isGivingWay whether writes need the machine: the step is short
 */
export function searchStep(
  db: Database,
  documents: SearchDocuments,
  { isGivingWay = false }: { isGivingWay?: boolean } = {},
): Promise<SearchStep> {
  const forms = new Map(documents.nouns.map((noun) => [noun.name, formOf(noun, documents.nouns)]));
  return db.transaction(async (trx) => {
    const [turn] = await query<{ ours: boolean }>(trx, TAKE_TURN, [LOCK]);
    if (!turn!.ours) return { kind: 'busy' };
    await requestNewForms(trx, forms);
    const { done: followed, backlog, seen } = await followEvents(trx, documents, isGivingWay);
    const indexed = await indexNamed(trx, documents);
    const filled = await indexRange(trx, documents);
    if (followed + indexed + filled === 0) return { kind: 'idle' };
    return { kind: 'done', backlog, seen };
  });
}

/** Whether a step would find something; one statement, for installations where little happens. */
export async function hasWork(db: Database): Promise<boolean> {
  const [row] = await db.read<{ found: boolean }>(HAS_WORK, []);
  return row!.found;
}

/** How many events have been committed so far, in all workspaces. */
export async function countEvents(db: Database): Promise<number> {
  const [row] = await db.read<{ events: number }>(EVENTS_SO_FAR, []);
  return row!.events;
}

/** Requests documents of all records of objects whose documents have another form, or none. */
async function requestNewForms(trx: Transaction, forms: ReadonlyMap<string, string>): Promise<void> {
  const rows = await query<{ object_type: string; form: string }>(trx, FORMS, []);
  const made = new Map(rows.map((row) => [row.object_type, row.form]));
  const isFirst = made.size === 0;
  for (const [object, form] of forms) {
    if (made.get(object) === form) continue;
    // The events until now are in the records that are read from now on.
    if (isFirst)
      await query(
        trx,
        sql`insert into search_position (workspace_id, seq)
            select workspace_id, event_seq from workspace_counter on conflict do nothing`,
      );
    await query(
      trx,
      sql`
      insert into search_pending (workspace_id, object_type, is_first)
      select c.workspace_id, ${object}, ${!made.has(object)} from workspace_counter c
      where exists (select from ${sql.ref(object)} t where t.workspace_id = c.workspace_id)`,
    );
    await query(
      trx,
      sql`
      insert into search_form (object_type, form) values (${object}, ${form})
      on conflict (object_type) do update set form = excluded.form`,
    );
  }
}

async function followEvents(
  trx: Transaction,
  documents: SearchDocuments,
  isGivingWay: boolean,
): Promise<{ done: number; backlog: number; seen: number | null }> {
  const behind = await query<Behind>(trx, IS_BEHIND, []);
  if (behind.length === 0) return { done: 0, backlog: 0, seen: null };
  const { backlog, seen } = behind[0]!;
  await requestMissed(trx, documents, behind);
  const wanted = backlog > FAR_BEHIND && !isGivingWay ? EVENTS_FAR_BEHIND : EVENTS;
  const share = Math.max(20, Math.floor(wanted / behind.length));
  const events = await query<ChangedRecord>(trx, EVENTS_AFTER, [
    behind.map(({ workspace_id: id }) => id),
    behind.map(({ seq }) => seq),
    share,
  ]);
  const records = new Map<string, { object: string; key: RecordKey }>();
  const reached = new Map<Uuid, number>();
  for (const { workspace_id: workspaceId, seq, type, object_type: object, object_id: id } of events) {
    reached.set(workspaceId, Math.max(seq, reached.get(workspaceId) ?? 0));
    const fansOut = type !== `${object}.created`;
    const name = `${object} ${workspaceId} ${id}`;
    const key = { workspaceId, id, fansOut: fansOut || records.get(name)?.key.fansOut === true };
    records.set(name, { object, key });
  }
  await makeAll(trx, documents, [...records.values()]);
  await query(trx, MOVE_ON, [
    behind.map(({ workspace_id: id }) => id),
    // Without events, retention has dropped them.
    behind.map(({ workspace_id: id, until }) => reached.get(id) ?? until),
  ]);
  return { done: Math.max(1, events.length), backlog: backlog - events.length, seen };
}

/** Where retention has dropped events that were not followed, all records of the workspace are indexed again. */
async function requestMissed(
  trx: Transaction,
  { nouns }: SearchDocuments,
  behind: readonly Behind[],
): Promise<void> {
  const missed = behind.filter(({ seq, floor }) => floor !== null && floor > seq);
  if (missed.length === 0) return;
  await query(
    trx,
    sql`
    insert into search_pending (workspace_id, object_type)
    select w.id, o.name from unnest(${missed.map(({ workspace_id: id }) => id)}::uuid[]) as w(id)
    cross join unnest(${nouns.map(({ name }) => name)}::text[]) as o(name)`,
  );
}

async function indexNamed(trx: Transaction, documents: SearchDocuments): Promise<number> {
  const rows = await query<{ workspace_id: Uuid; object_type: string; record_id: Uuid }>(
    trx,
    TAKE_RECORDS,
    [],
  );
  const records = new Map(
    rows.map(({ workspace_id: workspaceId, object_type: object, record_id: id }) => [
      `${object} ${id}`,
      { object, key: { workspaceId, id, fansOut: true } },
    ]),
  );
  await makeAll(trx, documents, [...records.values()]);
  return rows.length;
}

/** The next records of one range. An installation's first documents come last, so that they hold up nobody. */
async function indexRange(trx: Transaction, documents: SearchDocuments): Promise<number> {
  const [range] = await query<Range>(trx, NEXT_RANGE, []);
  if (!range) return 0;
  const { id, workspace_id: workspaceId, object_type: object, ref_field: field } = range;
  const noun = documents.nouns.find(({ name }) => name === object);
  // A field or an object that this version does not search.
  const isKnown = noun && (field === null || noun.searched.includes(field));
  const ids = isKnown ? await idsOf(trx, range) : [];
  await makeAll(
    trx,
    documents,
    ids.map((recordId) => ({ object, key: { workspaceId, id: recordId, fansOut: false } })),
  );
  if (ids.length < PENDING) await query(trx, END_RANGE, [id]);
  else await query(trx, ADVANCE_RANGE, [id, ids.at(-1)]);
  return Math.max(1, ids.length);
}

async function idsOf(trx: Transaction, range: Range): Promise<Uuid[]> {
  const {
    workspace_id: workspaceId,
    object_type: object,
    ref_field: field,
    ref_id: ref,
    after_id: after,
  } = range;
  const rows = await query<{ id: Uuid }>(
    trx,
    sql`
    select t.id from ${sql.ref(object)} t
    where t.workspace_id = ${workspaceId}
      ${field === null ? sql`` : sql`and ${sql.ref(`t.${field}`)} = ${ref}`}
      ${after === null ? sql`` : sql`and t.id > ${after}`}
    order by t.id limit ${PENDING}`,
  );
  return rows.map((row) => row.id);
}

async function makeAll(
  trx: Transaction,
  documents: SearchDocuments,
  records: readonly { object: string; key: RecordKey }[],
): Promise<void> {
  for (const { name } of documents.nouns) {
    const keys = records.filter(({ object }) => object === name).map(({ key }) => key);
    await documents.make(trx, name, keys);
  }
}
