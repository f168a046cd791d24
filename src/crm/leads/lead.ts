import { z } from 'zod';
import { emailAddress, emailFilter } from '../../base/values/email-address.ts';
import { date } from '../../base/values/time.ts';
import { text } from '../../base/values/text.ts';
import {
  applied,
  baseOutput,
  customFields,
  differences,
  mergeCustomFields,
  readOnlyFields,
  reference,
  tagList,
  told,
  toldId,
  type BaseRecord,
  type Change,
  type Noun,
} from '../../record/noun.ts';
import { leadInput, type LeadInput } from './lead-input.ts';

export interface Lead extends BaseRecord {
  /** Counts within the workspace, from 1; the writing statement gives it, and the owner (lead-insert-gate.ts). */
  number: number;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  /** As it was sent. */
  phone: string | null;
  /** `YYYY-MM-DD`. */
  event_date: string | null;
  event_type: string | null;
  source: string | null;
  /** The key of one of the workspace's (lead-status.ts). */
  status: string;
  notes: string | null;
  owner_id: string | null;
  /** What another CRM calls it. */
  crm_lead_id: string | null;
  tags: string[];
  /** How often it arrived. */
  submissions: number;
  /** When its status first left `new`, or a member first changed it. */
  first_contacted_at: string | null;
  /** What it was converted to (lead-conversion.ts). */
  contact_id: string | null;
  company_id: string | null;
  deal_id: string | null;
  converted_at: string | null;
}

/** Set by what is done with a lead, and by nobody directly. */
const FOLLOWING = [
  'number',
  'submissions',
  'first_contacted_at',
  'contact_id',
  'company_id',
  'deal_id',
  'converted_at',
] as const;

const change = z.strictObject({
  first_name: text(200).optional(),
  last_name: text(200).optional(),
  email: emailAddress.optional(),
  phone: text(100).optional(),
  event_date: date.nullable().optional(),
  event_type: text(200).optional().meta({
    description: 'One of the lead event types, whatever the case; another one is ignored.',
  }),
  source: text(200).optional().meta({ description: 'One of the lead sources, or a new one.' }),
  status: text(200)
    .optional()
    .meta({ description: 'One of the lead statuses, by its key; `new` where null.' }),
  notes: text(50_000).optional(),
  owner_id: reference.optional().meta({ description: 'The member who looks after it.' }),
  crm_lead_id: text(200).optional().meta({ description: 'What another CRM calls it.' }),
  custom_fields: customFields.optional(),
  tags: tagList.optional(),
  ...readOnlyFields,
  ...Object.fromEntries(
    FOLLOWING.map((name) => [
      name,
      z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
    ]),
  ),
});

const output = z
  .object({
    ...baseOutput,
    number: z.int().meta({ description: 'Counts within the workspace, from 1.' }),
    first_name: told('Their first name.'),
    last_name: told('Their last name; null where they gave one word.'),
    email: told('Their email address, as it was sent.'),
    phone: told('Their telephone number, as it was sent.'),
    event_date: z.iso.date().nullable().meta({ description: 'The date it is about.' }),
    event_type: told("What it is about: one of the workspace's lead event types."),
    source: told('Where they came from, as in `Website contact form`.'),
    status: z.string().meta({ description: 'How far it has come: the key of one of the lead statuses.' }),
    notes: told('What they, or people after them, wrote.'),
    owner_id: toldId('The member who looks after it.'),
    crm_lead_id: told('What another CRM calls it.'),
    tags: z.array(z.string()).meta({ description: 'Words that people put on it.' }),
    submissions: z.int().meta({ description: 'How often it arrived.' }),
    first_contacted_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When its status first left `new`, or a member first changed it.' }),
    contact_id: toldId('The contact that it was converted to.'),
    company_id: toldId('The company that it was converted to.'),
    deal_id: toldId('The deal that it was converted to.'),
    converted_at: z.iso.datetime().nullable().meta({ description: 'When it was converted.' }),
  })
  .meta({ id: 'Lead' });

const sample: Lead = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c81',
  version: 1,
  number: 123,
  first_name: 'Jane',
  last_name: 'Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
  event_type: 'Wedding',
  source: 'Website contact form',
  status: 'new',
  notes: null,
  owner_id: null,
  crm_lead_id: null,
  tags: [],
  submissions: 1,
  first_contacted_at: null,
  contact_id: null,
  company_id: null,
  deal_id: null,
  converted_at: null,
  custom_fields: {},
  created_by: 'api_key:01976d3c-1000-7000-8000-000000000001',
  created_at: '2026-06-01T12:00:00.000Z',
  updated_at: '2026-06-01T12:00:00.000Z',
};
const later: Lead = {
  ...sample,
  version: 2,
  status: 'contacted',
  first_contacted_at: '2026-06-02T09:00:00.000Z',
  updated_at: '2026-06-02T09:00:00.000Z',
};

function eventType(verb: string, description: string, example: Lead) {
  return { name: `lead.${verb}`, object: 'lead', description, sample: { ...example } };
}

const columns = [
  'number',
  'first_name',
  'last_name',
  'email',
  'phone',
  'event_date',
  'event_type',
  'source',
  'status',
  'notes',
  'owner_id',
  'crm_lead_id',
  'tags',
  'submissions',
  'first_contacted_at',
  'contact_id',
  'company_id',
  'deal_id',
  'converted_at',
  'custom_fields',
] as const;

export const lead: Noun<Lead, LeadInput, Omit<Lead, 'number' | 'owner_id'>> = {
  name: 'lead',
  plural: 'leads',
  columns,
  input: leadInput,
  change,
  output,
  references: { owner_id: 'member' },

  create: (input, base) => ({
    id: base.id,
    version: base.version,
    ...names(input),
    email: input.email ?? null,
    phone: input.phone ?? null,
    event_date: input.event_date ?? null,
    event_type: input.event_type ?? null,
    source: input.source ?? null,
    status: input.status ?? 'new',
    notes: input.notes ?? null,
    ...(input.owner_id && { owner_id: input.owner_id }),
    crm_lead_id: input.crm_lead_id ?? null,
    tags: input.tags ?? [],
    submissions: 1,
    first_contacted_at: null,
    contact_id: null,
    company_id: null,
    deal_id: null,
    converted_at: null,
    custom_fields: mergeCustomFields({}, input.custom_fields),
    created_by: base.created_by,
    created_at: base.created_at,
    updated_at: base.updated_at,
  }),

  related: (input) => input.related,

  update(current, input: Change<LeadInput>, at, actor) {
    const { arrivedAgain, became, ...requested } = input;
    const changed = Object.fromEntries(Object.entries(requested).filter(([name]) => !isFollowing(name)));
    const next = applied(current, changed, columns);
    next.status ??= 'new';
    if (arrivedAgain) next.submissions += 1;
    if (became) Object.assign(next, became, { converted_at: at });
    if (next.first_contacted_at === null && !arrivedAgain && takesUp(current, next, actor))
      next.first_contacted_at = at;
    return next;
  },

  fires(before, after) {
    if (before.converted_at !== after.converted_at) return ['lead.converted'];
    return [before.submissions === after.submissions ? 'lead.updated' : 'lead.submission_added'];
  },

  events: {
    created: eventType('created', 'A lead arrived by the Lead API.', sample),
    updated: eventType('updated', 'At least one field of a lead changed.', later),
    converted: {
      ...eventType('converted', 'A lead became a contact and, where asked, a company and a deal.', {
        ...later,
        contact_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
        converted_at: later.updated_at,
      }),
      isBeyondChange: true,
    },
    submission_added: {
      ...eventType(
        'submission_added',
        'A lead that was there already arrived again, and what arrived was attached to it.',
        { ...sample, version: 2, submissions: 2, updated_at: later.updated_at },
      ),
      isBeyondChange: true,
    },
    deleted: eventType('deleted', 'A lead was deleted; the payload is its last state.', later),
  },

  summary: (record) => ({
    status: record['status'],
    source: record['source'],
    has_event_type: record['event_type'] !== null,
    has_email: record['email'] !== null,
    has_phone: record['phone'] !== null,
    has_event_date: record['event_date'] !== null,
    has_owner: record['owner_id'] !== null,
    is_converted: record['converted_at'] !== null,
    // Of one that came by a form (forms/form-lead.ts).
    ...(record['form_id'] !== undefined && { form_id: record['form_id'] }),
  }),

  search: 'lead_search_text(first_name, last_name, email, phone, notes)',

  filters: {
    email: { column: 'email', by: 'caseless', schema: emailFilter },
    phone: { column: 'phone', by: 'phone' },
    status: { column: 'status' },
    source: { column: 'source', by: 'caseless', lookUp: 'lead_source' },
    event_type: { column: 'event_type', by: 'caseless', lookUp: 'lead_event_type' },
    tag: { column: 'tags', by: 'tag' },
    owner_id: { column: 'owner_id', schema: z.uuid().toLowerCase() },
    contact_id: { column: 'contact_id', schema: z.uuid().toLowerCase() },
    crm_lead_id: { column: 'crm_lead_id' },
    number: { column: 'number', schema: z.string().regex(/^\d{1,9}$/, 'must be an integer') },
  },
};

function isFollowing(name: string): boolean {
  return (FOLLOWING as readonly string[]).includes(name);
}

/** Whether a change is the first contact: the status leaves `new`, or it is a member who changes something. */
function takesUp(before: Lead, after: Lead, actor: string): boolean {
  if (before.status === 'new' && after.status !== 'new') return true;
  return actor.startsWith('user:') && differences(before, after, columns) !== null;
}

/** First and last name, of which a door may know one; a `name` alone is split at its first space (contracts RX3). */
function names(input: LeadInput): { first_name: string | null; last_name: string | null } {
  if ((input.first_name && input.last_name) || !input.name)
    return { first_name: input.first_name ?? null, last_name: input.last_name ?? null };
  const [, first = null, last = null] = /^(\S+)(?:\s+(.+))?$/su.exec(input.name) ?? [];
  return { first_name: first, last_name: last };
}
