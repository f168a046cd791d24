import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { jsonOf, JsonText } from '../../base/json-text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import type { RelatedTable } from '../../record/erasure.ts';
import { currentId } from '../../record/merge/merged-id.ts';

/** One submission of a lead, as received. */
interface Submission {
  id: Uuid;
  lead_id: Uuid;
  /** The channel, as in `api`. */
  channel: string;
  received_at: string;
  /** Exactly as received. */
  payload: JsonText;
  address: string | null;
  referrer: string | null;
  utm: Record<string, string>;
  crm_lead_id: string | null;
}

export const submissionShape = z
  .object({
    id: z.uuid(),
    lead_id: z.uuid(),
    channel: z.string().meta({ description: 'Channel, as in `api`.' }),
    received_at: z.iso.datetime(),
    payload: z.unknown().meta({ description: 'The whole body, as sent.' }),
    address: z.string().nullable().meta({
      description: 'IP address of the sender, without the last 8 bits (IPv6: the last 80).',
    }),
    referrer: z
      .string()
      .nullable()
      .meta({ description: 'From the field `referrer`, or the Referer header.' }),
    utm: z.record(z.string(), z.string()).meta({
      description: '`utm_source` and other UTM fields, from the body or the query of `referrer`.',
    }),
    crm_lead_id: z.string().nullable(),
  })
  .meta({ id: 'LeadSubmission' });

/** What remains of submissions after their lead was deleted. */
export const SUBMISSION_TABLE: RelatedTable = {
  table: 'lead_submission',
  key: 'lead_id',
  blank: `payload = '{}', address = null, referrer = null, utm = '{}', crm_lead_id = null, consent = null`,
};

const OF_LEAD = {
  name: 'lead_submission.of',
  text: `select s.id, s.lead_id, s.channel, s.received_at, s.payload::text, s.address, s.referrer, s.utm, s.crm_lead_id
         from lead_submission s where s.workspace_id = $1 and s.lead_id = $2 and ($3::uuid is null or s.id < $3)
         order by s.id desc limit $4`,
};

const EXISTS = {
  name: 'lead.exists',
  text: `select s.id from lead l
         join lead s on s.workspace_id = l.workspace_id and s.id = ${currentId('l')} and s.deleted_at is null
         where l.workspace_id = $1 and l.id = $2`,
};

/** The submissions of a lead, newest first; only ids smaller than `after`. */
export async function submissionsOf(
  db: Database,
  workspaceId: Uuid,
  leadId: Uuid,
  limit: number,
  after: Uuid | null = null,
): Promise<Submission[]> {
  type Row = Omit<Submission, 'payload'> & { payload: string };
  const rows = await db.read<Row>(OF_LEAD, [workspaceId, leadId, after, limit]);
  return rows.map((row) => ({ ...row, payload: new JsonText(row.payload) }));
}

/** Lists the submissions of a lead. */
export function leadSubmissionRoutes(db: Database): Route[] {
  return [
    route<undefined, PageQuery>({
      method: 'GET',
      path: '/api/v1/leads/:id/submissions',
      scope: 'leads:read',
      tag: 'leads',
      summary: 'List the submissions of a lead',
      description: 'As received, newest first.',
      query: pageQuery,
      answers: { 200: pageShape(submissionShape) },
      async handle({ caller, params, query, url }) {
        const { workspaceId } = caller;
        const [lead] = await db.read<{ id: Uuid }>(EXISTS, [workspaceId, params['id']!]);
        if (!lead) throw new ApiError('not_found', 'There is no lead with this id.');
        const after = query.cursor ? decodeCursor(query.cursor, 'submissions').id : null;
        const rows = await submissionsOf(db, workspaceId, lead.id, query.limit + 1, after);
        const cursorOf = (row: Submission) =>
          encodeCursor({ sort: 'submissions', value: row.received_at, id: row.id });
        return { status: 200, body: jsonOf(pageOf(rows, query.limit, url, cursorOf, (row) => row)) };
      },
    }),
  ];
}
