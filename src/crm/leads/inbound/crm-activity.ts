import { isoTime, type Clock } from '../../../base/clock.ts';
import { ApiError, invalid } from '../../../base/errors.ts';
import { sha256 } from '../../../base/hmac.ts';
import type { Uuid } from '../../../base/id.ts';
import { JsonText } from '../../../base/json-text.ts';
import type { Database } from '../../../db/pool.ts';
import { query, type Transaction, type AfterWrite } from '../../../db/query.ts';
import type { RelatedTable } from '../../../record/erasure.ts';
import { currentId } from '../../../record/merge/merged-id.ts';

/** An identical body within this time is a repeat of the same report (CW4). */
const REPEAT_WINDOW_S = 60;
/** How many unmatched reports of a workspace are kept, and for how long. */
const MAX_UNMATCHED = 1000;
const UNMATCHED_DAYS = 90;

/** A report of another CRM about a lead, as received. */
export interface CrmReport {
  crmLeadId: string;
  eventType: string;
  /** The whole body: valid JSON. */
  body: string;
}

export interface CrmActivity {
  id: Uuid;
  lead_id: Uuid | null;
  crm_lead_id: string;
  event_type: string;
  /** Exactly as received. */
  payload: JsonText;
  received_at: string;
  /** The user who matched it manually. */
  matched_by: string | null;
}

export interface CrmActivities {
  /**
   * Stores a report with its lead; an unmatched one is stored without, to be matched manually.
   * @returns its lead, or null if none matches; and whether it is a repeat, which is not stored again
   */
  record(
    workspaceId: Uuid,
    report: CrmReport,
  ): Promise<{ lead: { id: Uuid; number: number } | null; isRepeat: boolean }>;
  /** Newest first; only ids smaller than `after`. */
  list(
    workspaceId: Uuid,
    which: { matched?: boolean | undefined; leadId?: Uuid | undefined },
    limit: number,
    after: Uuid | null,
  ): Promise<CrmActivity[]>;
  /** The same for several leads. */
  listOfLeads(
    workspaceId: Uuid,
    leadIds: readonly Uuid[],
    limit: number,
    after: Uuid | null,
  ): Promise<CrmActivity[]>;
  /** Throws `not_found`, `conflict` if another lead has it, and `validation_error` if the lead does not exist. */
  match(
    writer: { workspaceId: Uuid; actor: string },
    id: Uuid,
    leadId: Uuid,
    afterWrite: AfterWrite<CrmActivity>,
  ): Promise<CrmActivity>;
}

/** What remains of reports after their lead was deleted. */
export const CRM_ACTIVITY_TABLE: RelatedTable = {
  table: 'crm_activity',
  key: 'lead_id',
  blank: `payload = '{}', crm_lead_id = ''`,
};

const COLUMNS = 'id, lead_id, crm_lead_id, event_type, payload::text, received_at, matched_by';

/** The latest of each lead, then the latest of all: a long history is never read whole. */
const OF_LEADS = {
  name: 'crm_activity.of-leads',
  text: `select a.* from unnest($2::uuid[]) l(id)
         cross join lateral (
           select ${COLUMNS} from crm_activity
           where workspace_id = $1 and lead_id = l.id and ($3::uuid is null or id < $3)
           order by id desc limit $4
         ) a
         order by a.id desc limit $4`,
};

type Row = Omit<CrmActivity, 'payload'> & { payload: string };

const fromRow = (row: Row): CrmActivity => ({ ...row, payload: new JsonText(row.payload) });

interface Report extends CrmReport {
  workspaceId: Uuid;
  hash: Buffer;
  at: string;
}

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

const SET_LEAD = {
  name: 'crm_activity.set-lead',
  text: `update crm_activity set lead_id = $1
         where workspace_id = $2 and id = $3 and lead_id is null`,
};

const FIND_LEAD = {
  name: 'crm_activity.find-lead',
  text: `select s.id from lead l
         join lead s on s.workspace_id = l.workspace_id and s.id = ${currentId('l')} and s.deleted_at is null
         where l.workspace_id = $1 and l.id = $2`,
};

const MATCH = {
  name: 'crm_activity.match',
  text: `update crm_activity set lead_id = $1, matched_by = coalesce(matched_by, $2)
         where workspace_id = $3 and id = $4 and (lead_id is null or lead_id = $1)
         returning ${COLUMNS}`,
};

const LEAD_OF_REPORT = {
  name: 'crm_activity.lead-of-report',
  text: `(select 1 as place, s.id, s.number from lead l
          join lead s on s.workspace_id = l.workspace_id and s.id = ${currentId('l')} and s.deleted_at is null
          where l.workspace_id = $1 and l.crm_lead_id = $2
          order by l.id desc limit 1)
         union all
         (select 2, l.id, l.number from lead_submission s
          join lead l on l.workspace_id = s.workspace_id and l.id = s.lead_id and l.deleted_at is null
          where s.workspace_id = $1 and s.crm_lead_id = $2
          order by s.received_at desc, s.id desc limit 1)
         order by place limit 1`,
};

const EXISTS = {
  name: 'crm_activity.exists',
  text: `select from crm_activity where workspace_id = $1 and id = $2`,
};

const LOCK_BODY = {
  name: 'crm_activity.lock-body',
  text: `select pg_advisory_xact_lock(hashtextextended($1, 50))`,
};

const FIND_REPEATED = {
  name: 'crm_activity.find-repeated',
  text: `select id, lead_id from crm_activity
         where workspace_id = $1 and body_hash = $2
           and received_at > $3::timestamptz - make_interval(secs => ${REPEAT_WINDOW_S})
         order by received_at desc limit 1`,
};

const INSERT = {
  name: 'crm_activity.insert',
  text: `insert into crm_activity (workspace_id, id, lead_id, crm_lead_id, event_type, payload, body_hash, received_at)
         values ($1, $2, $3, $4, $5, $6::json, $7, $8)`,
};

const DELETE_OLD_UNMATCHED = {
  name: 'crm_activity.delete-old-unmatched',
  text: `delete from crm_activity where workspace_id = $1 and id in (
         (select id from crm_activity where workspace_id = $1 and lead_id is null
          order by id desc offset ${MAX_UNMATCHED} limit 100)
         union all
         (select id from (
            select id, received_at from crm_activity where workspace_id = $1 and lead_id is null
            order by id limit 100) oldest
          where received_at < $2::timestamptz - make_interval(days => ${UNMATCHED_DAYS})))`,
};

export function makeCrmActivities({ db, clock, newId }: StoreParts): CrmActivities {
  return {
    record: (workspaceId, input) =>
      db.transaction(async (trx) => {
        const report = { ...input, workspaceId, hash: sha256(input.body), at: isoTime(clock.now()) };
        const repeated = await findRepeated(trx, report);
        const lead = await leadOf(trx, report);
        if (repeated) {
          // The lead got its crm_lead_id in the meantime.
          if (lead && repeated.lead_id === null)
            await query(trx, SET_LEAD, [lead.id, workspaceId, repeated.id]);
        } else {
          await insert(trx, newId(), report, lead?.id ?? null);
          if (!lead) await deleteOldUnmatched(trx, workspaceId, report.at);
        }
        return { lead: lead ? { id: lead.id, number: lead.number } : null, isRepeat: repeated !== undefined };
      }),

    async list(workspaceId, { matched, leadId }, limit, after) {
      const values = [workspaceId, after, limit, ...(leadId === undefined ? [] : [leadId])];
      return (await db.read<Row>(listing(matched, leadId !== undefined), values)).map(fromRow);
    },

    async listOfLeads(workspaceId, leadIds, limit, after) {
      const rows = await db.read<Row>(OF_LEADS, [workspaceId, leadIds, after, limit]);
      return rows.map(fromRow);
    },

    match: ({ workspaceId, actor }, id, leadId, afterWrite) =>
      db.transaction(async (trx) => {
        const [lead] = await query<{ id: Uuid }>(trx, FIND_LEAD, [workspaceId, leadId]);
        if (!lead) throw invalid('lead_id', 'there is no lead with this id');
        const rows = await query<Row>(trx, MATCH, [lead.id, actor, workspaceId, id]);
        if (!rows[0]) throw await refusal(trx, workspaceId, id);
        const activity = fromRow(rows[0]);
        await afterWrite(trx, activity);
        return activity;
      }),
  };
}

/** The lead with this crm_lead_id, else a submission's lead (CW3); the newest if several match. */
async function leadOf(
  trx: Transaction,
  { workspaceId, crmLeadId }: Report,
): Promise<{ id: Uuid; number: number } | undefined> {
  const rows = await query<{ id: Uuid; number: number }>(trx, LEAD_OF_REPORT, [workspaceId, crmLeadId]);
  return rows[0];
}

/** Each kind of list has an index of its own. */
function listing(matched: boolean | undefined, ofLead: boolean) {
  const wanted = [
    ...(matched === undefined ? [] : [`and lead_id is ${matched ? 'not null' : 'null'}`]),
    ...(ofLead ? ['and lead_id = $4'] : []),
  ].join(' ');
  return {
    name: `crm_activity.list.${matched ?? 'all'}.${ofLead}`,
    text: `select ${COLUMNS} from crm_activity
           where workspace_id = $1 and ($2::uuid is null or id < $2) ${wanted} order by id desc limit $3`,
  };
}

async function refusal(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<ApiError> {
  const rows = await query(trx, EXISTS, [workspaceId, id]);
  return rows.length > 0
    ? new ApiError('conflict', 'This activity already belongs to another lead.')
    : new ApiError('not_found', 'There is no CRM activity with this id.');
}

/** The same body of the last minute, if any. Identical requests at the same time wait for each other. */
async function findRepeated(
  trx: Transaction,
  { workspaceId, hash, at }: Report,
): Promise<{ id: Uuid; lead_id: Uuid | null } | undefined> {
  await query(trx, LOCK_BODY, [`${workspaceId} ${hash.toString('hex')}`]);
  const rows = await query<{ id: Uuid; lead_id: Uuid | null }>(trx, FIND_REPEATED, [workspaceId, hash, at]);
  return rows[0];
}

async function insert(trx: Transaction, id: Uuid, report: Report, leadId: Uuid | null): Promise<void> {
  const { workspaceId, crmLeadId, eventType, body, hash, at } = report;
  await query(trx, INSERT, [workspaceId, id, leadId, crmLeadId, eventType, body, hash, at]);
}

/** Bounds the number and the age of unmatched reports. */
async function deleteOldUnmatched(trx: Transaction, workspaceId: Uuid, at: string): Promise<void> {
  await query(trx, DELETE_OLD_UNMATCHED, [workspaceId, at]);
}
