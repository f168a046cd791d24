import { caseless } from '../base/fold.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import { emailAddress } from '../base/values/email-address.ts';
import { query, type Statement, type Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Noun } from '../record/noun.ts';
import { survivorOf } from '../record/merge/merged-id.ts';
import { criteriaOf, emailsInUse, findMatch, lockMatches, type MatchRule } from '../record/record-match.ts';
import type { Writer } from '../record/record-plan.ts';
import type { RecordService } from '../record/record-service.ts';
import type { MatchedBy } from './matched-by.ts';

/** What is known of a payer, the best first. */
export interface PayerClues {
  /** The contact of the provider's customer. */
  customerContactId: Uuid | null;
  /** The id of a contact or a lead, or the number of a lead. */
  reference: string | null;
  emails: readonly string[];
  phones: readonly string[];
  name: string | null;
}

export interface PayerMatch {
  contactId: Uuid | null;
  /** Of the contact. */
  companyId: Uuid | null;
  leadId: Uuid | null;
  by: MatchedBy;
  /** Whether several contacts could be meant. */
  isAmbiguous: boolean;
  /** The lanes to notify after the commit. */
  lanes: LaneKey[];
}

export interface PayerParts {
  contacts: RecordService<BaseRecord, object>;
  leads: RecordService<BaseRecord, object>;
}

export interface MatchOptions {
  /** Whether a contact is created if there is none; its source. */
  createFrom: string | null;
  /** What was looked up for several payers at once. */
  known: KnownEmails;
}

/** Which email addresses contacts and leads have, of those that were looked up. */
export interface KnownEmails {
  lookedUp: ReadonlySet<string>;
  /** Those of contacts that are created meanwhile are added. */
  contact: Set<string>;
  lead: ReadonlySet<string>;
}

export interface PayerMatcher {
  /** Looks up the addresses of several payers at once. */
  lookUp(trx: Transaction, workspaceId: Uuid, emails: readonly string[]): Promise<KnownEmails>;
  /** Finds who paid, in the order of certainty (PM4); creates a contact where that is wanted and there is an address. */
  match(trx: Transaction, writer: Writer, clues: PayerClues, options: MatchOptions): Promise<PayerMatch>;
}

const UNMATCHED: PayerMatch = {
  contactId: null,
  companyId: null,
  leadId: null,
  by: 'unmatched',
  isAmbiguous: false,
  lanes: [],
};

const LIVE_CONTACT = {
  name: 'payer.live-contact',
  text: `select id, company_id from contact where workspace_id = $1 and id = $2 and deleted_at is null`,
};
const LEAD_BY_ID = {
  name: 'payer.lead',
  text: `select id, contact_id from lead where workspace_id = $1 and id = $2 and deleted_at is null`,
};
const LEAD_BY_NUMBER = {
  name: 'payer.lead-by-number',
  text: `select id, contact_id from lead where workspace_id = $1 and number = $2 and deleted_at is null`,
};

interface LeadRow {
  id: Uuid;
  contact_id: Uuid | null;
}

const LEAD_RULE: MatchRule = { field: 'email', by: 'email' };

export function makePayerMatcher(parts: PayerParts): PayerMatcher {
  const contactRule = parts.contacts.noun.matchRules.find(({ by }) => by === 'email') ?? LEAD_RULE;
  return {
    async lookUp(trx, workspaceId, all) {
      const emails = all.filter((email) => emailAddress.safeParse(email).success);
      if (emails.length === 0) return { lookedUp: new Set(), contact: new Set(), lead: new Set() };
      return {
        lookedUp: new Set(emails),
        contact: await emailsInUse(trx, parts.contacts.noun.name, workspaceId, contactRule, emails),
        lead: await emailsInUse(trx, parts.leads.noun.name, workspaceId, LEAD_RULE, emails),
      };
    },
    match: makePayerMatch(parts),
  };
}

function makePayerMatch({ contacts, leads }: PayerParts): PayerMatcher['match'] {
  return async (trx, writer, clues, { createFrom, known }) => {
    const { workspaceId } = writer;
    const read = <Row>(statement: Statement, values: unknown[]) => query<Row>(trx, statement, values);

    async function ofContact(id: Uuid, by: MatchedBy, isAmbiguous = false): Promise<PayerMatch | null> {
      const [live] = await read<{ id: Uuid; company_id: Uuid | null }>(LIVE_CONTACT, [workspaceId, id]);
      if (live) return { ...UNMATCHED, contactId: live.id, companyId: live.company_id, by, isAmbiguous };
      const survivor = await survivorOf({ read }, contacts.noun, workspaceId, id);
      return survivor === undefined ? null : ofContact(survivor, by, isAmbiguous);
    }

    async function ofLead(lead: LeadRow | undefined, by: MatchedBy): Promise<PayerMatch | null> {
      if (!lead) return null;
      const converted = lead.contact_id && (await ofContact(lead.contact_id, by));
      return converted || { ...UNMATCHED, leadId: lead.id, by };
    }

    async function byReference(reference: string): Promise<PayerMatch | null> {
      if (isUuid(reference)) {
        const id = reference.toLowerCase();
        const contact = await ofContact(id, 'reference');
        return contact ?? ofLead((await read<LeadRow>(LEAD_BY_ID, [workspaceId, id]))[0], 'reference');
      }
      if (!/^\d{1,9}$/.test(reference)) return null;
      return ofLead((await read<LeadRow>(LEAD_BY_NUMBER, [workspaceId, Number(reference)]))[0], 'reference');
    }

    /** @param field `email` or `phone` */
    async function byAddress(noun: Noun, field: 'email' | 'phone', values: readonly string[]) {
      const rules = noun.matchRules.filter((rule) => rule.field === field);
      for (const value of values) {
        const criteria = await criteriaOf({ read }, workspaceId, rules, { [field]: value });
        const found = await findMatch(trx, noun.name, workspaceId, criteria);
        if (found) return found;
      }
      return undefined;
    }

    async function byContactAddress(field: 'email' | 'phone', values: readonly string[]) {
      const found = await byAddress(contacts.noun, field, values);
      return found ? ofContact(found.id, field, found.ambiguous) : null;
    }

    async function byLead(): Promise<PayerMatch | null> {
      const noun = { ...leads.noun, matchRules: [LEAD_RULE] } as unknown as Noun;
      const found = await byAddress(noun, 'email', possible('lead'));
      return found ? ofLead((await read<LeadRow>(LEAD_BY_ID, [workspaceId, found.id]))[0], 'lead') : null;
    }

    const emails = clues.emails.filter((email) => emailAddress.safeParse(email).success);
    const possible = (object: 'contact' | 'lead') =>
      emails.filter((email) => !known.lookedUp.has(email) || known[object].has(email));
    const { customerContactId, reference, phones } = clues;
    const found =
      (customerContactId && (await ofContact(customerContactId, 'customer'))) ||
      (reference && (await byReference(reference))) ||
      (await byContactAddress('email', possible('contact'))) ||
      (await byContactAddress('phone', phones)) ||
      (await byLead());
    if (found) return found;
    const [email] = emails;
    if (createFrom === null || email === undefined) return UNMATCHED;

    await lockMatches(trx, contacts.noun.name, workspaceId, emails.map(caseless));
    const meanwhile = await byContactAddress('email', emails);
    if (meanwhile) return meanwhile;
    const plan = contacts.planEnriched(writer, newContact(clues, email, createFrom));
    const lanes = await contacts.store.createWithin(trx, writer, [plan]);
    known.contact.add(email);
    return { ...UNMATCHED, contactId: plan.id, by: 'created', lanes };
  };
}

const MAX_NAME = 200;

/** A name is split at its first blank, as in a lead's `name` (RX3). */
function newContact({ name, phones }: PayerClues, email: string, source: string): object {
  const [first = '', ...rest] = (name ?? '').trim().split(/\s+/);
  return {
    email,
    ...(first !== '' && { first_name: first.slice(0, MAX_NAME) }),
    ...(rest.length > 0 && { last_name: rest.join(' ').slice(0, MAX_NAME) }),
    ...(phones[0] !== undefined && { phone: phones[0] }),
    status: 'customer',
    source,
  };
}
