import { ApiError } from '../../../base/errors.ts';
import { caseless, folded } from '../../../base/fold.ts';
import type { Uuid } from '../../../base/id.ts';
import type { Database } from '../../../db/pool.ts';
import { query, type Transaction } from '../../../db/query.ts';
import { sql } from '../../../db/sql.ts';
import type { LaneKey } from '../../../events/outbox.ts';
import type { Company, CompanyInput } from '../../companies/company.ts';
import type { Contact, ContactInput } from '../../contacts/contact.ts';
import type { Deal, DealInput } from '../../deals/deal.ts';
import type { Change } from '../../../record/noun.ts';
import { emailCondition } from '../../../record/record-filter.ts';
import { lockMatches } from '../../../record/record-match.ts';
import { updateOf, type Writer } from '../../../record/record-plan.ts';
import type { RecordService } from '../../../record/record-service.ts';
import type { LeadInput } from '../lead-input.ts';
import { convertTo, type Lead } from '../lead.ts';

/** What a lead is converted to, besides a contact. */
export interface Conversion {
  /** Company name; an existing company with this name is used, ignoring case, accents and apostrophes. */
  company?: string | undefined;
  deal?: (Omit<DealInput, 'name'> & { name?: string | undefined }) | undefined;
  /** Whether empty fields of an existing contact are filled in from the lead. */
  update_contact: boolean;
}

export interface ConversionParts {
  db: Database;
  notify(lanes: LaneKey[]): void;
  leads: RecordService<Lead, LeadInput>;
  contacts: RecordService<Contact, ContactInput>;
  companies: RecordService<Company, CompanyInput>;
  deals: RecordService<Deal, DealInput>;
}

/** One conversion, within its transaction. */
interface Work {
  trx: Transaction;
  writer: Writer;
  lead: Lead;
  lanes: LaneKey[];
  /** The kinds of records that were created. */
  made: string[];
}

const FIND_COMPANY = {
  name: 'lead_conversion.find-company',
  text: `select id from company where workspace_id = $1 and folded_text(name) = folded_text($2)
         and deleted_at is null order by name <> $2, id limit 1`,
};

/**
 * Converts a lead to a contact, a company and a deal, with all their events, in one transaction. An existing contact with
 * its email is used. Throws `not_found`, `precondition_failed`, and `conflict` if it was converted before.
 */
export async function convertLead(
  parts: ConversionParts,
  writer: Writer,
  id: Uuid,
  requested: Conversion,
  expected: readonly number[] | null,
): Promise<{ status: number; body: string }> {
  const { answer, lanes } = await parts.db.transaction(async (trx) => {
    const lead = await lockLead(parts, trx, writer.workspaceId, id);
    const { claim: _kept, ...plain } = writer;
    const work: Work = { trx, writer: plain, lead, lanes: [], made: [] };
    await lockNames(work, requested);
    const companyId = requested.company ? await companyOf(parts, work, requested.company) : null;
    const contactId = await contactOf(parts, work, requested, companyId);
    const dealId = requested.deal
      ? await dealOf(parts, work, requested.deal, { contactId, companyId })
      : null;
    const written = await parts.leads.store.changeWithin(work.trx, {
      writer,
      id,
      mutation: convertTo({ contact_id: contactId, company_id: companyId, deal_id: dealId }),
      expected,
      answer: (record) => ({ status: 200, body: JSON.stringify({ lead: record, made: work.made }) }),
    });
    return { answer: written.answer, lanes: [...work.lanes, ...written.lanes] };
  });
  parts.notify(lanes);
  return answer;
}

/** Locks the lead before anything else, in the same order as other changes of it. */
async function lockLead(
  { leads }: ConversionParts,
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
): Promise<Lead> {
  const rows = await query<Record<string, unknown>>(
    trx,
    sql`select * from lead where workspace_id = ${workspaceId} and id = ${id} and deleted_at is null for update`,
  );
  if (!rows[0]) throw new ApiError('not_found', 'There is no lead with this id.');
  const lead = leads.store.toRecord(rows[0]);
  if (lead.converted_at === null) return lead;
  const became = (['contact', 'company', 'deal'] as const).flatMap((kind) => {
    const other = lead[`${kind}_id`];
    return other === null ? [] : [{ field: `${kind}_id`, message: other }];
  });
  const rendered = became.map(({ field, message }) => `${field} ${message}`).join(', ');
  throw new ApiError('conflict', `The lead was converted at ${lead.converted_at}: ${rendered}.`, {
    fields: became,
  });
}

/** Conversions of leads of one person or one company run one at a time, and after others that write these. */
async function lockNames(
  { trx, writer: { workspaceId }, lead }: Work,
  { company }: Conversion,
): Promise<void> {
  if (company) await lockMatches(trx, 'company', workspaceId, [folded(company)]);
  if (lead.email !== null) await lockMatches(trx, 'contact', workspaceId, [caseless(lead.email)]);
}

async function companyOf(
  { companies }: ConversionParts,
  { trx, writer, lead, lanes, made }: Work,
  name: string,
): Promise<Uuid> {
  const rows = await query<{ id: Uuid }>(trx, FIND_COMPANY, [writer.workspaceId, name]);
  if (rows[0]) return rows[0].id;
  const plan = companies.planEnriched(writer, { name, owner_id: lead.owner_id });
  lanes.push(...(await companies.store.createWithin(trx, writer, [plan])));
  made.push('company');
  return plan.id;
}

async function contactOf(
  { contacts }: ConversionParts,
  { trx, writer, lead, lanes, made }: Work,
  { company, update_contact: fillIn }: Conversion,
  companyId: Uuid | null,
): Promise<Uuid> {
  const { first_name, last_name, email, phone, source, notes, owner_id } = lead;
  const known = { first_name, last_name, email, phone, source, notes, owner_id };
  const employer = companyId ? { company_id: companyId, company } : {};
  // Locked before the feed's counter, in the same order as other changes of it.
  const rows = await query<Record<string, unknown>>(
    trx,
    sql`
      select * from contact where workspace_id = ${writer.workspaceId}
        and ${email === null ? sql`false` : emailCondition(contacts.noun.filters['email']!, email)}
        and deleted_at is null order by lower(email) = lower(${email}) desc nulls last, id limit 1 for update`,
  );
  if (!rows[0]) {
    const plan = contacts.planEnriched(writer, { ...known, ...employer, custom_fields: lead.custom_fields });
    lanes.push(...(await contacts.store.createWithin(trx, writer, [plan])));
    made.push('contact');
    return plan.id;
  }
  const existing = rows[0];
  const lacks = Object.entries({ ...known, ...employer }).filter(
    ([name, value]) => existing[name] === null && value !== null,
  );
  const id = existing['id'] as Uuid;
  if (fillIn && lacks.length > 0) {
    const change = Object.fromEntries(lacks) as Change<ContactInput>;
    const filled = await contacts.store.changeWithin(trx, {
      writer,
      id,
      mutation: updateOf(contacts.noun, change, undefined),
      expected: null,
      answer: () => NO_ANSWER,
    });
    lanes.push(...filled.lanes);
  }
  return id;
}

const NO_ANSWER = { status: 200, body: '' };

async function dealOf(
  { deals }: ConversionParts,
  { trx, writer, lead, lanes, made }: Work,
  requested: NonNullable<Conversion['deal']>,
  { contactId, companyId }: { contactId: Uuid; companyId: Uuid | null },
): Promise<Uuid> {
  const name = requested.name ?? ([lead.first_name, lead.last_name].filter(Boolean).join(' ') || 'Deal');
  const plan = deals.planEnriched(writer, {
    owner_id: lead.owner_id,
    ...requested,
    name: name.slice(0, 200).toWellFormed(),
    contact_id: contactId,
    company_id: companyId,
  });
  lanes.push(...(await deals.store.createWithin(trx, writer, [plan])));
  made.push('deal');
  return plan.id;
}
