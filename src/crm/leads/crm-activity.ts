import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import { JsonText } from '../../base/json-text.ts';
import type { Database } from '../../db/pool.ts';
import type { Schema } from '../../db/schema.ts';
import type { RelatedTable } from '../../record/erasure.ts';

/** An identical body within this time is the same report, sent again (contracts CW4). */
const SAME_FOR_S = 60;
/** Of the reports that match no lead: how many of a workspace are kept, and for how long. */
const MAX_UNMATCHED = 1000;
const UNMATCHED_DAYS = 90;

/** What another CRM reports of a lead, as it came. */
export interface CrmReport {
  crmLeadId: string;
  eventType: string;
  /** The whole body, which is JSON. */
  body: string;
}

export interface CrmActivity {
  id: Uuid;
  lead_id: Uuid | null;
  crm_lead_id: string;
  event_type: string;
  /** Exactly as it came. */
  payload: JsonText;
  received_at: string;
  /** Who matched it by hand. */
  matched_by: string | null;
}

export interface CrmActivities {
  /**
   * Keeps a report with the lead that it is about; one that no lead matches is kept apart, for somebody to match.
   * @returns the lead's number, or null where there is none
   */
  record(workspaceId: Uuid, report: CrmReport): Promise<{ number: number } | null>;
  /** Newest first, after the id of the last page's last. */
  list(
    workspaceId: Uuid,
    which: { matched?: boolean | undefined; leadId?: Uuid | undefined },
    limit: number,
    after: Uuid | null,
  ): Promise<CrmActivity[]>;
  /** The same of several leads. */
  listOfLeads(
    workspaceId: Uuid,
    leadIds: readonly Uuid[],
    limit: number,
    after: Uuid | null,
  ): Promise<CrmActivity[]>;
  /** Throws `not_found`, `conflict` where it is with another lead, `validation_error` for no lead. */
  match(
    writer: { workspaceId: Uuid; actor: string },
    id: Uuid,
    leadId: Uuid,
    within: (trx: Transaction<Schema>, matched: CrmActivity) => Promise<void>,
  ): Promise<CrmActivity>;
}

/** What is left of what was reported once its lead has been deleted. */
export const CRM_ACTIVITY_TABLE: RelatedTable = {
  table: 'crm_activity',
  key: 'lead_id',
  blank: `payload = '{}', crm_lead_id = ''`,
};

const COLUMNS = 'id, lead_id, crm_lead_id, event_type, payload::text, received_at, matched_by';

/** Of each lead its latest, then the latest of all: a long history is never read whole. */
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

export function makeCrmActivities({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): CrmActivities {
  /** The same body of the last minute, if any; who sends it at the same time waits until this one is written. */
  async function sentBefore(
    trx: Transaction<Schema>,
    { workspaceId, hash, at }: Report,
  ): Promise<{ id: Uuid; lead_id: Uuid | null } | undefined> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${workspaceId} ${hash.toString('hex')}`}, 50))`.execute(
      trx,
    );
    const { rows } = await sql<{ id: Uuid; lead_id: Uuid | null }>`
      select id, lead_id from crm_activity
      where workspace_id = ${workspaceId} and body_hash = ${hash}
        and received_at > ${at}::timestamptz - make_interval(secs => ${SAME_FOR_S})
      order by received_at desc limit 1`.execute(trx);
    return rows[0];
  }

  async function insert(trx: Transaction<Schema>, report: Report, leadId: Uuid | null): Promise<void> {
    const { workspaceId, crmLeadId, eventType, body, hash, at } = report;
    await sql`
      insert into crm_activity (workspace_id, id, lead_id, crm_lead_id, event_type, payload, body_hash, received_at)
      values (${workspaceId}, ${newId()}, ${leadId}, ${crmLeadId}, ${eventType}, ${body}::json, ${hash}, ${at})`.execute(
      trx,
    );
  }

  /** What nobody matched does not pile up. */
  async function forgetUnmatched(trx: Transaction<Schema>, workspaceId: Uuid, at: string): Promise<void> {
    await sql`
      delete from crm_activity where workspace_id = ${workspaceId} and id in (
        (select id from crm_activity where workspace_id = ${workspaceId} and lead_id is null
         order by id desc offset ${MAX_UNMATCHED} limit 100)
        union all
        (select id from (
           select id, received_at from crm_activity where workspace_id = ${workspaceId} and lead_id is null
           order by id limit 100) oldest
         where received_at < ${at}::timestamptz - make_interval(days => ${UNMATCHED_DAYS})))`.execute(trx);
  }

  return {
    record: (workspaceId, input) =>
      db.transaction(async (trx) => {
        const report = { ...input, workspaceId, hash: sha256(input.body), at: isoTime(clock.now()) };
        const before = await sentBefore(trx, report);
        const lead = await leadOf(trx, report);
        if (before) {
          // The lead has got its crm_lead_id meanwhile.
          if (lead && before.lead_id === null)
            await sql`update crm_activity set lead_id = ${lead.id}
                      where workspace_id = ${workspaceId} and id = ${before.id} and lead_id is null`.execute(
              trx,
            );
        } else {
          await insert(trx, report, lead?.id ?? null);
          if (!lead) await forgetUnmatched(trx, workspaceId, report.at);
        }
        return lead ? { number: lead.number } : null;
      }),

    async list(workspaceId, { matched, leadId }, limit, after) {
      const values = [workspaceId, after, limit, ...(leadId === undefined ? [] : [leadId])];
      return (await db.read<Row>(listing(matched, leadId !== undefined), values)).map(fromRow);
    },

    async listOfLeads(workspaceId, leadIds, limit, after) {
      const rows = await db.read<Row>(OF_LEADS, [workspaceId, leadIds, after, limit]);
      return rows.map(fromRow);
    },

    match: ({ workspaceId, actor }, id, leadId, within) =>
      db.transaction(async (trx) => {
        const { rows: leads } = await sql`
          select from lead where workspace_id = ${workspaceId} and id = ${leadId} and deleted_at is null`.execute(
          trx,
        );
        if (leads.length === 0) throw invalid('lead_id', 'there is no lead with this id');
        const { rows } = await sql<Row>`
          update crm_activity set lead_id = ${leadId}, matched_by = coalesce(matched_by, ${actor})
          where workspace_id = ${workspaceId} and id = ${id} and (lead_id is null or lead_id = ${leadId})
          returning ${sql.raw(COLUMNS)}`.execute(trx);
        if (!rows[0]) throw await refusal(trx, workspaceId, id);
        const activity = fromRow(rows[0]);
        await within(trx, activity);
        return activity;
      }),
  };
}

/** Among leads, then among what arrived of leads (contracts CW3); of several, the newest. */
async function leadOf(
  trx: Transaction<Schema>,
  { workspaceId, crmLeadId }: Report,
): Promise<{ id: Uuid; number: number } | undefined> {
  const { rows } = await sql<{ id: Uuid; number: number }>`
    (select 1 as place, l.id, l.number from lead l
     where l.workspace_id = ${workspaceId} and l.crm_lead_id = ${crmLeadId} and l.deleted_at is null
     order by l.id desc limit 1)
    union all
    (select 2, l.id, l.number from lead_submission s
     join lead l on l.workspace_id = s.workspace_id and l.id = s.lead_id and l.deleted_at is null
     where s.workspace_id = ${workspaceId} and s.crm_lead_id = ${crmLeadId}
     order by s.received_at desc, s.id desc limit 1)
    order by place limit 1`.execute(trx);
  return rows[0];
}

/** Each kind of list by its own index. */
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

async function refusal(trx: Transaction<Schema>, workspaceId: Uuid, id: Uuid): Promise<ApiError> {
  const { rows } = await sql`
    select from crm_activity where workspace_id = ${workspaceId} and id = ${id}`.execute(trx);
  return rows.length > 0
    ? new ApiError('conflict', 'This activity is with another lead already.')
    : new ApiError('not_found', 'There is no CRM activity with this id.');
}
