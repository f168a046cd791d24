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
import { MAX_TAGS } from '../../../record/fields/tags.ts';
import { criteriaOf, findMatch, lockMatches } from '../../../record/record-match.ts';
import { updateOf, type Writer } from '../../../record/record-plan.ts';
import type { RecordService } from '../../../record/record-service.ts';
import type { LeadInput } from '../lead-input.ts';
import { convertTo, type Lead } from '../lead.ts';
import { isBuiltIn, type LeadStatus, type LeadStatuses } from '../options/lead-status.ts';
import { convertedStatus } from './converted-status.ts';

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
  statuses: LeadStatuses;
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
  text: `select id, name from company where workspace_id = $1 and folded_text(name) = folded_text($2)
         and deleted_at is null order by name <> $2, id limit 1`,
};

/**
 * Converts a lead to a contact, a company and a deal, with all their events, in one transaction. An existing contact with
 * its email is used. The lead gets the workspace's status of converted leads. Throws `not_found`, `precondition_failed`, and `conflict` if it was converted before.
 */
export async function convertLead(
  parts: ConversionParts,
  writer: Writer,
  id: Uuid,
  requested: Conversion,
  expected: readonly number[] | null,
): Promise<{ status: number; body: string }> {
  const statuses = await parts.statuses.listFor(writer.workspaceId);
  const { answer, lanes } = await parts.db.transaction(async (trx) => {
    const lead = await lockLead(parts, trx, writer.workspaceId, id);
    const { claim: _kept, ...plain } = writer;
    const work: Work = { trx, writer: plain, lead, lanes: [], made: [] };
    await lockNames(work, requested);
    const company = requested.company ? await companyOf(parts, work, requested.company) : null;
    const contactId = await contactOf(parts, work, requested, company);
    const dealId = requested.deal ? await dealOf(parts, work, requested.deal, { contactId, company }) : null;
    const status = await statusAfter(parts, work, statuses);
    const written = await parts.leads.store.changeWithin(work.trx, {
      writer,
      id,
      mutation: convertTo({
        contact_id: contactId,
        company_id: company?.id ?? null,
        deal_id: dealId,
        status,
      }),
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

/** A lead that is won already keeps its status. */
async function statusAfter(
  { statuses }: ConversionParts,
  { trx, writer: { workspaceId }, lead }: Work,
  all: readonly LeadStatus[],
): Promise<string> {
  const isWon = all.some(({ key, kind }) => key === lead.status && kind === 'won');
  const status = isWon ? lead.status : await convertedStatus(trx, workspaceId, all);
  if (!isBuiltIn(status)) await statuses.lock(trx, workspaceId, status);
  return status;
}

type NamedCompany = Pick<Company, 'id' | 'name'>;

async function companyOf(
  { companies }: ConversionParts,
  { trx, writer, lead, lanes, made }: Work,
  name: string,
): Promise<NamedCompany> {
  const rows = await query<NamedCompany>(trx, FIND_COMPANY, [writer.workspaceId, name]);
  if (rows[0]) return rows[0];
  const plan = companies.planEnriched(writer, { name, owner_id: lead.owner_id });
  lanes.push(...(await companies.store.createWithin(trx, writer, [plan])));
  made.push('company');
  return { id: plan.id, name };
}

async function contactOf(
  parts: ConversionParts,
  work: Work,
  { company: requested, update_contact: fillIn }: Conversion,
  company: NamedCompany | null,
): Promise<Uuid> {
  const { contacts } = parts;
  const { trx, writer, lead, lanes, made } = work;
  const { first_name, last_name, email, phone, source, notes, owner_id, tags } = lead;
  const known = { first_name, last_name, email, phone, source, notes, owner_id };
  const employer = company ? { company_id: company.id, company: requested } : {};
  const existing = await lockContact(parts, work);
  if (!existing) {
    const { custom_fields } = lead;
    const plan = contacts.planEnriched(writer, { ...known, ...employer, custom_fields, tags });
    lanes.push(...(await contacts.store.createWithin(trx, writer, [plan])));
    made.push('contact');
    return plan.id;
  }
  const lacks = Object.entries({ ...known, ...employer }).filter(
    ([name, value]) => existing[name as keyof Contact] === null && value !== null,
  );
  const { id } = existing;
  const united = unitedTags(existing.tags, tags);
  if (fillIn && (lacks.length > 0 || united.length > existing.tags.length)) {
    const change = { ...Object.fromEntries(lacks), tags: united } as Change<ContactInput>;
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

/**
 * The contact with the lead's email, if there is one. It is locked before the feed's counter, in the same order as other
 * changes of it.
 */
async function lockContact(
  { db, contacts }: ConversionParts,
  { trx, writer: { workspaceId }, lead }: Work,
): Promise<Contact | undefined> {
  const rules = contacts.noun.matchRules.filter(({ by }) => by === 'email');
  const criteria = await criteriaOf(db, workspaceId, rules, { email: lead.email });
  for (;;) {
    const match = await findMatch(trx, 'contact', workspaceId, criteria);
    if (!match) return undefined;
    const rows = await query<Record<string, unknown>>(
      trx,
      sql`select * from contact where workspace_id = ${workspaceId} and id = ${match.id}
          and deleted_at is null and ${criteria[0]!.has} for update`,
    );
    // Otherwise it was deleted, or got another email, between the two statements.
    if (rows[0]) return contacts.store.toRecord(rows[0]);
  }
}

/** The tags of both, each once, up to the limit of a record. */
function unitedTags(tags: readonly string[], more: readonly string[]): string[] {
  const known = new Set(tags.map(caseless));
  const added = more.filter((tag) => !known.has(caseless(tag)));
  return [...tags, ...added.slice(0, Math.max(0, MAX_TAGS - tags.length))];
}

const NO_ANSWER = { status: 200, body: '' };

async function dealOf(
  { deals }: ConversionParts,
  { trx, writer, lead, lanes, made }: Work,
  requested: NonNullable<Conversion['deal']>,
  { contactId, company }: { contactId: Uuid; company: NamedCompany | null },
): Promise<Uuid> {
  const person = [lead.first_name, lead.last_name].filter(Boolean).join(' ');
  const name = requested.name ?? company?.name ?? lead.event_type ?? (person || 'Deal');
  const plan = deals.planEnriched(writer, {
    owner_id: lead.owner_id,
    ...requested,
    name: name.slice(0, 200).toWellFormed(),
    contact_id: contactId,
    company_id: company?.id ?? null,
  });
  lanes.push(...(await deals.store.createWithin(trx, writer, [plan])));
  made.push('deal');
  return plan.id;
}
