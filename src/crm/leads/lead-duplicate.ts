import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { phoneDigits } from '../../base/fold.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { queryableOf, type Database } from '../../db/pool.ts';
import type { Schema } from '../../db/schema.ts';
import type { LaneKey } from '../../delivery/wake.ts';
import { pageShape } from '../../http/paging.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import { formsOf } from '../../record/record-filter.ts';
import type { RecordStore, Write, Writer } from '../../record/record-store.ts';
import { ON_DUPLICATE, type LeadInput, type OnDuplicate } from './lead-input.ts';
import { lead, type Lead } from './lead.ts';

/** A number with fewer digits says too little about who it is. */
const FEWEST_DIGITS = 7;
const MOST_TOLD = 50;

function usablePhone(phone: string | null | undefined): string | null {
  return phone && phoneDigits(phone).length >= FEWEST_DIGITS ? phone : null;
}

const ofEmail = (email: string) => `
(select l.* from lead l where l.workspace_id = $1 and lower(l.email) = lower(${email}) and l.deleted_at is null
   and l.id is distinct from $5::uuid order by l.id desc limit $4)`;

/** The newest leads with the same email, whatever its case and Unicode form, or the same digits of the phone. */
const ALIKE = {
  name: 'lead.alike',
  text: `${ofEmail('$2')}
union ${ofEmail('$6')}
union
(select l.* from lead l where l.workspace_id = $1 and phone_digits(l.phone) = phone_digits($3)
   and l.phone is not null and l.deleted_at is null and l.id is distinct from $5::uuid order by l.id desc limit $4)
order by id desc limit $4`,
};

/** The values of ALIKE; `except` a lead. */
function alikeValues(
  workspaceId: Uuid,
  { email, phone }: Pick<LeadInput, 'email' | 'phone'>,
  most: number,
  except: Uuid | null,
): unknown[] {
  const [composed = null, decomposed = null] = formsOf(email?.normalize('NFC') ?? '').filter(Boolean);
  return [workspaceId, composed, usablePhone(phone), most, except, decomposed];
}

export interface DuplicateParts {
  db: Database;
  clock: Clock;
  notify(lanes: LaneKey[]): void;
  leads: RecordStore<Lead, LeadInput>;
}

/**
 * Takes a lead that may be there already. Whoever makes leads of the workspace meanwhile waits, so that of two
 * arrivals at once the second finds the first.
 * @param write the lead as it would be made
 * @param receipt what is answered of a lead
 */
export async function takeLead(
  { db, clock, notify, leads }: DuplicateParts,
  writer: Writer,
  { write, input, mode }: { write: Write; input: LeadInput; mode: Exclude<OnDuplicate, 'create'> },
  receipt: (id: Uuid, status: 'created' | 'attached' | 'existing') => object,
): Promise<Answer> {
  const { answer, lanes } = await db.transaction(async (trx) => {
    const { workspaceId } = writer;
    await sql`insert into lead_counter (workspace_id) values (${workspaceId}) on conflict do nothing`.execute(
      trx,
    );
    await sql`select from lead_counter where workspace_id = ${workspaceId} for update`.execute(trx);
    const on = queryableOf(trx);
    const found = await newestAlike(trx, workspaceId, input);
    const rendered = (id: Uuid, status: 'created' | 'attached' | 'existing') => ({
      status: status === 'created' ? 201 : 200,
      body: JSON.stringify(receipt(id, status)),
    });
    if (!found) {
      const made = rendered(write.id, 'created');
      return { answer: made, lanes: await leads.createWithin(on, writer, [write], made) };
    }
    if (mode === 'return') {
      const existing = rendered(found, 'existing');
      return { answer: existing, lanes: await leads.createWithin(on, writer, [], existing) };
    }
    await attach(trx, workspaceId, found, { write, at: isoTime(clock.now()) });
    return leads.changeWithin(on, writer, found, { arrivedAgain: true }, null, () =>
      rendered(found, 'attached'),
    );
  });
  notify(lanes);
  return answer;
}

async function newestAlike(
  trx: Transaction<Schema>,
  workspaceId: Uuid,
  input: LeadInput,
): Promise<Uuid | undefined> {
  const { rows } = await queryableOf(trx).query<{ id: Uuid }>({
    ...ALIKE,
    values: alikeValues(workspaceId, input, 1, null),
  });
  const [newest] = rows;
  if (newest)
    await sql`select from lead where workspace_id = ${workspaceId} and id = ${newest.id} for update`.execute(
      trx,
    );
  return newest?.id;
}

async function attach(
  trx: Transaction<Schema>,
  workspaceId: Uuid,
  leadId: Uuid,
  { write, at }: { write: Write; at: string },
): Promise<void> {
  await sql`
    insert into lead_submission
      (workspace_id, id, lead_id, channel, received_at, payload, address, referrer, utm, crm_lead_id)
    select ${workspaceId}, s.id, ${leadId}, s.channel, ${at}, s.payload::json, s.address, s.referrer, s.utm,
           s.crm_lead_id
    from json_to_record(${write.related!}::json->'submission')
      as s(id uuid, channel text, payload text, address text, referrer text, utm json, crm_lead_id text)`.execute(
    trx,
  );
}

/** Who else this lead may be. */
export function leadDuplicateRoutes({ db, leads }: DuplicateParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/leads/:id/duplicates',
      scope: 'leads:read',
      tag: 'leads',
      summary: 'List the leads that may be the same person',
      description: `The newest ${MOST_TOLD} with the same email, whatever the case, or the same digits of the phone (at least ${FEWEST_DIGITS}).`,
      answers: { 200: pageShape(lead.output) },
      async handle({ caller, params }) {
        const { workspaceId } = caller;
        const id = params['id']!;
        const item = await leads.get(workspaceId, id);
        if (!item) throw new ApiError('not_found', 'There is no lead with this id.');
        const values = alikeValues(workspaceId, item, MOST_TOLD, id);
        const rows = await db.read<Record<string, unknown>>(ALIKE, values);
        const data = rows.map((row) => leads.toRecord(row));
        return { status: 200, body: { data, has_more: false, next_cursor: null, next_url: null } };
      },
    }),
  ];
}

/** The query parameter that says what becomes of one that is there already; the body may say it too. */
export const duplicateQuery = z.strictObject({
  on_duplicate: z.enum(ON_DUPLICATE).optional().meta({ description: 'Wins over that of the body.' }),
});
