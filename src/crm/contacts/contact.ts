import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { emailAddress, emailFilter } from '../../base/values/email-address.ts';
import { text } from '../../base/values/text.ts';
import {
  applied,
  baseOutput,
  customFields,
  mergeCustomFields,
  readOnlyFields,
  reference,
  told,
  toldId,
  type BaseRecord,
  type Noun,
} from '../../record/noun.ts';

export interface Contact extends BaseRecord {
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  phone: string | null;
  company: string | null;
  company_id: string | null;
  job_title: string | null;
  status: string;
  source: string | null;
  notes: string | null;
  owner_id: string | null;
}

const fields = {
  first_name: text(200).optional(),
  last_name: text(200).optional(),
  email: emailAddress.optional(),
  phone: text(100).optional().meta({ description: 'Kept as sent.' }),
  company: text(200).optional().meta({ description: 'The name of the company they work for.' }),
  company_id: reference.optional().meta({
    description:
      'The company of the workspace they work for; where `company` is left out, it is set to its name.',
  }),
  job_title: text(200).optional(),
  status: text(64).optional().meta({ description: 'Where they stand; `lead` where left out.' }),
  source: text(200).optional().meta({ description: 'Where they came from, as in `website`.' }),
  notes: text(50_000).optional(),
  owner_id: reference.optional().meta({ description: 'The member who looks after it.' }),
  custom_fields: customFields.optional(),
};

const sentFields = z.strictObject({ ...fields, ...readOnlyFields });
export type ContactInput = z.infer<z.ZodObject<typeof fields>>;

const output = z
  .object({
    ...baseOutput,
    first_name: told('Their first name.'),
    last_name: told('Their last name.'),
    email: told('Their email address.'),
    phone: told('Their telephone number, as it was sent.'),
    company: told('The name of the company they work for.'),
    company_id: toldId('The company of the workspace they work for.'),
    job_title: told('What they are there.'),
    status: z.string().meta({ description: 'Where they stand, as in `lead`.' }),
    source: told('Where they came from, as in `website`.'),
    notes: told('What people wrote down about them.'),
    owner_id: toldId('The member who looks after it.'),
  })
  .meta({ id: 'Contact' });

const sample: Contact = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
  version: 1,
  first_name: 'Jane',
  last_name: 'Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  company: 'Acme Ltd',
  company_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c31',
  job_title: 'Buyer',
  status: 'lead',
  source: 'website',
  notes: null,
  owner_id: null,
  custom_fields: { industry: 'Technology' },
  created_by: 'api_key:01976d3c-1000-7000-8000-000000000001',
  created_at: '2026-06-01T12:00:00.000Z',
  updated_at: '2026-06-01T12:00:00.000Z',
};

function eventType(verb: string, description: string) {
  return { name: `contact.${verb}`, object: 'contact', description, sample: { ...sample } };
}

const columns = [
  'first_name',
  'last_name',
  'email',
  'phone',
  'company',
  'company_id',
  'job_title',
  'status',
  'source',
  'notes',
  'owner_id',
  'custom_fields',
] as const;

export const contact: Noun<Contact, ContactInput> = {
  name: 'contact',
  plural: 'contacts',
  columns,
  input: sentFields,
  change: sentFields,
  output,
  references: { company_id: 'company', owner_id: 'member' },

  create(input, base) {
    return checked({
      id: base.id,
      version: base.version,
      first_name: input.first_name ?? null,
      last_name: input.last_name ?? null,
      email: input.email ?? null,
      phone: input.phone ?? null,
      company: input.company ?? null,
      company_id: input.company_id ?? null,
      job_title: input.job_title ?? null,
      status: input.status ?? 'lead',
      source: input.source ?? null,
      notes: input.notes ?? null,
      owner_id: input.owner_id ?? null,
      custom_fields: mergeCustomFields({}, input.custom_fields),
      created_by: base.created_by,
      created_at: base.created_at,
      updated_at: base.updated_at,
    });
  },

  update(current, change) {
    const next = applied(current, change, columns);
    return checked({ ...next, status: change.status === null ? 'lead' : next.status });
  },

  events: {
    created: eventType('created', 'A contact was created, by the API or the app.'),
    updated: eventType('updated', 'At least one field of a contact changed.'),
    deleted: eventType('deleted', 'A contact was deleted; the payload is its last state.'),
  },

  summary: (record) => ({
    status: record['status'],
    source: record['source'],
    has_email: record['email'] !== null,
    has_phone: record['phone'] !== null,
    has_company: record['company'] !== null || record['company_id'] !== null,
  }),

  filters: {
    email: { column: 'email', by: 'caseless', schema: emailFilter },
    status: { column: 'status' },
    source: { column: 'source' },
    phone: { column: 'phone', by: 'phone' },
    company_id: { column: 'company_id', schema: z.uuid().toLowerCase() },
    owner_id: { column: 'owner_id', schema: z.uuid().toLowerCase() },
  },
};

/** A contact can be told apart by something: a name or an address (contracts AX5). */
function checked(record: Contact): Contact {
  if (record.first_name === null && record.last_name === null && record.email === null) {
    const message = 'one of first_name, last_name or email is required';
    throw new ApiError('validation_error', `A contact needs a name or an email: ${message}.`, {
      fields: ['first_name', 'last_name', 'email'].map((field) => ({ field, message })),
    });
  }
  return record;
}
