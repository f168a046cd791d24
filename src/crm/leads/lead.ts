import { z } from 'zod';
import { date } from '../../record/fields/date.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { email } from '../../record/fields/email.ts';
import { longText } from '../../record/fields/long-text.ts';
import { number } from '../../record/fields/number.ts';
import { phone } from '../../record/fields/phone.ts';
import { record } from '../../record/fields/record.ts';
import { optionOf } from '../../record/fields/select.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun, type Noun, type RecordOf, type WriteContext } from '../../record/noun.ts';
import { differences } from '../../record/record-differences.ts';
import type { Mutation } from '../../record/record-plan.ts';
import { leadInput, type LeadInput } from './lead-input.ts';

const MAX_INT = 2_147_483_647;
const LATER = '2026-06-02T09:00:00.000Z';

const fields = {
  number: number({
    label: 'Number',
    description: 'Number within the workspace, from 1',
    min: 1,
    max: MAX_INT,
    readOnly: true,
    assigned: true,
    sample: 123,
    filter: { schema: z.string().regex(/^\d{1,9}$/, 'must be an integer') },
    search: true,
  }),
  first_name: text({ label: 'First name', max: 200, sample: 'Jane', search: true }),
  last_name: text({
    label: 'Last name',
    description: 'Last name; null if only one name was sent',
    max: 200,
    sample: 'Doe',
    search: true,
  }),
  email: email({
    label: 'Email',
    sample: 'jane@example.com',
    filter: true,
    summary: 'presence',
    search: true,
  }),
  phone: phone({ label: 'Phone', sample: '+15551234567', filter: true, summary: 'presence', search: true }),
  event_date: date({ label: 'Event date', sample: '2026-08-15', summary: 'presence' }),
  event_type: optionOf({
    label: 'Interest',
    description: 'Name of a lead event type, ignoring case; an unknown one is ignored',
    list: 'lead_event_type',
    sample: 'Wedding',
    filter: { by: 'caseless', lookUp: 'lead_event_type' },
    summary: 'presence',
  }),
  source: optionOf({
    label: 'Source',
    description: 'Name of a lead source, ignoring case; an unknown one is created',
    list: 'lead_source',
    sample: 'Website contact form',
    filter: { by: 'caseless', lookUp: 'lead_source' },
    summary: 'value',
  }),
  status: optionOf({
    label: 'Status',
    description: 'Key of a lead status',
    list: 'lead_status',
    default: 'new',
    filter: true,
    summary: 'value',
  }),
  notes: longText({ label: 'Notes', search: true }),
  owner_id: user({ label: 'Owner', filter: true, summary: 'presence' }),
  crm_lead_id: text({
    label: 'CRM lead ID',
    description: 'Id of the lead in another CRM',
    max: 200,
    filter: true,
    search: true,
  }),
  tags: tags({ label: 'Tags', filter: true }),
  submissions: number({
    label: 'Submissions',
    description: 'Number of submissions',
    min: 1,
    max: MAX_INT,
    readOnly: true,
    default: 1,
  }),
  first_contacted_at: datetime({
    label: 'First contacted at',
    description: 'When the status first left `new`, or a member first changed the lead',
    readOnly: true,
  }),
  contact_id: record({ label: 'Contact', to: 'contact', readOnly: true, filter: true }),
  company_id: record({ label: 'Company', to: 'company', readOnly: true, filter: true }),
  deal_id: record({ label: 'Deal', to: 'deal', readOnly: true, filter: true }),
  converted_at: datetime({
    label: 'Converted at',
    description: 'When the lead was converted to a contact',
    readOnly: true,
  }),
};

export type Lead = RecordOf<typeof fields>;

const defined = defineNoun({
  name: 'lead',
  plural: 'leads',
  label: 'Lead',
  pluralLabel: 'Leads',
  title: ['first_name', 'last_name', 'email', 'phone'],
  listed: ['number', 'status', 'email', 'event_type', 'event_date', 'source', 'owner_id'],
  subtitle: ['email', 'phone', 'status'],
  fields,

  descriptions: { created: 'A lead was created by the Lead API.' },
  events: {
    converted: {
      description: 'A lead was converted to a contact and, if requested, a company and a deal.',
      sample: {
        status: 'won',
        first_contacted_at: LATER,
        contact_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
        converted_at: LATER,
      },
      isBeyondChange: true,
    },
    submission_added: {
      description: 'Another submission was attached to a lead.',
      sample: { submissions: 2 },
      isBeyondChange: true,
    },
  },

  summary: (lead) => ({
    is_converted: lead['converted_at'] !== null,
    // For leads from a public form (forms/form-lead.ts).
    ...(lead['form_id'] !== undefined && { form_id: lead['form_id'] }),
  }),

  // Of leads from a public form.
  eventIds: { form_id: 'form', submission_id: 'lead_submission' },

  mergeRules: {
    groups: [['contact_id', 'company_id', 'deal_id', 'converted_at']],
    sums: ['submissions'],
    earliest: ['first_contacted_at'],
  },

  searchUntilFilled: 'lead_search_text(first_name, last_name, email, phone, notes)',

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c81' },
});

/** An enquiry from a form, the Lead API or an inbound webhook (RX1 to RX7). */
export const lead: Noun<Lead, LeadInput> = {
  ...defined,
  input: leadInput,

  create(input, base, context) {
    const made = defined.create(withNames(input), base, context);
    // Left out of the JSON: the writing statement assigns the number and a missing owner (lead-insert-gate.ts).
    return { ...made, number: undefined, owner_id: made.owner_id ?? undefined } as unknown as Lead;
  },

  // The first contact follows from a change, and is none of its own: tags may have been all that changed.
  fires(before, after) {
    const { first_contacted_at } = after;
    const others = differences({ ...before, first_contacted_at }, after, defined.columns);
    return others === null ? [] : defined.fires(before, after);
  },

  update(current, change, context) {
    return firstContacted(current, defined.update(current, change, context), context);
  },
};

/** Attaches another submission to a lead: it does not fire lead.updated, and is no first contact. */
export const attachSubmission: Mutation<Lead> = {
  apply: (current) => ({ ...current, submissions: current.submissions + 1 }),
  fires: () => ['lead.submission_added'],
};

/**
 * Converts a lead to these records, with the status that converted leads get. It counts as the first contact, if there
 * was none.
 */
export function convertTo(
  outcome: Pick<Lead, 'contact_id' | 'company_id' | 'deal_id' | 'status'>,
): Mutation<Lead> {
  return {
    apply: (current, context) =>
      firstContacted(current, { ...current, ...outcome, converted_at: context.at }, context),
    fires: () => ['lead.converted'],
  };
}

/** Sets the time of the first contact, when the status leaves `new` or a member changes a field. */
function firstContacted(before: Lead, after: Lead, { at, actor }: WriteContext): Lead {
  if (after.first_contacted_at !== null) return after;
  const isTakenUp = before.status === 'new' && after.status !== 'new';
  const isByMember = actor.startsWith('user:') && differences(before, after, defined.columns) !== null;
  return isTakenUp || isByMember ? { ...after, first_contacted_at: at } : after;
}

/**
 * Splits a `name` at its first space, unless both names were sent (RX3). A `name` of one word is the other one if the
 * first or the last name was sent too.
 */
function withNames(input: LeadInput): LeadInput {
  const { first_name: first, last_name: last, name } = input;
  if ((first && last) || !name) return input;
  const [, before = null, rest = null] = /^(\S+)(?:\s+(.+))?$/su.exec(name) ?? [];
  if (rest !== null || (!first && !last)) return { ...input, first_name: before, last_name: rest };
  if (before === (first ?? last)) return input;
  return { ...input, first_name: first ?? before, last_name: last ?? before };
}
