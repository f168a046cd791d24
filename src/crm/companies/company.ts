import { z } from 'zod';
import { emailAddress } from '../../base/values/email-address.ts';
import { requiredText, text } from '../../base/values/text.ts';
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

export interface Company extends BaseRecord {
  name: string;
  website: string | null;
  industry: string | null;
  email: string | null;
  phone: string | null;
  address: string | null;
  notes: string | null;
  owner_id: string | null;
}

const fields = {
  name: requiredText(200),
  website: text(2000)
    // An index holds it.
    .refine(
      (value) => value === null || Buffer.byteLength(value) <= 2000,
      'must have at most 2000 bytes in UTF-8',
    )
    .optional()
    .meta({ description: 'Kept as sent.', examples: ['https://acme.example'] }),
  industry: text(200).optional(),
  email: emailAddress.optional(),
  phone: text(100).optional().meta({ description: 'Kept as sent.' }),
  address: text(2000).optional().meta({ description: 'As it would stand on an envelope.' }),
  notes: text(50_000).optional(),
  owner_id: reference.optional().meta({ description: 'The member who looks after it.' }),
  custom_fields: customFields.optional(),
};

const sentFields = z.strictObject({ ...fields, ...readOnlyFields });
export type CompanyInput = z.infer<z.ZodObject<typeof fields>>;

const output = z
  .object({
    ...baseOutput,
    name: z.string().meta({ description: 'What it is called.' }),
    website: told('Its website, as it was sent.'),
    industry: told('What it does.'),
    email: told('Its email address.'),
    phone: told('Its telephone number, as it was sent.'),
    address: told('Its address, as it would stand on an envelope.'),
    notes: told('What people wrote down about it.'),
    owner_id: toldId('The member who looks after it.'),
  })
  .meta({ id: 'Company' });

const sample: Company = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c31',
  version: 1,
  name: 'Acme Ltd',
  website: 'https://acme.example',
  industry: 'Manufacturing',
  email: 'hello@acme.example',
  phone: '+15551234567',
  address: '1 Harbour Road, Bristol',
  notes: null,
  owner_id: null,
  custom_fields: { employees: 40 },
  created_by: 'api_key:01976d3c-1000-7000-8000-000000000001',
  created_at: '2026-06-01T12:00:00.000Z',
  updated_at: '2026-06-01T12:00:00.000Z',
};

function eventType(verb: string, description: string) {
  return { name: `company.${verb}`, object: 'company', description, sample: { ...sample } };
}

const columns = [
  'name',
  'website',
  'industry',
  'email',
  'phone',
  'address',
  'notes',
  'owner_id',
  'custom_fields',
] as const;

export const company: Noun<Company, CompanyInput> = {
  name: 'company',
  plural: 'companies',
  columns,
  input: sentFields,
  change: sentFields.partial(),
  output,
  references: { owner_id: 'member' },

  create: (input, base) => ({
    id: base.id,
    version: base.version,
    name: input.name,
    website: input.website ?? null,
    industry: input.industry ?? null,
    email: input.email ?? null,
    phone: input.phone ?? null,
    address: input.address ?? null,
    notes: input.notes ?? null,
    owner_id: input.owner_id ?? null,
    custom_fields: mergeCustomFields({}, input.custom_fields),
    created_by: base.created_by,
    created_at: base.created_at,
    updated_at: base.updated_at,
  }),

  update: (current, change) => applied(current, change, columns),

  events: {
    created: eventType('created', 'A company was created, by the API or the app.'),
    updated: eventType('updated', 'At least one field of a company changed.'),
    deleted: eventType('deleted', 'A company was deleted; the payload is its last state.'),
  },

  summary: (record) => ({
    has_website: record['website'] !== null,
    has_email: record['email'] !== null,
    has_phone: record['phone'] !== null,
  }),

  filters: {
    name: { column: 'name', by: 'folded' },
    website: { column: 'website', by: 'caseless' },
    industry: { column: 'industry' },
    owner_id: { column: 'owner_id', schema: z.uuid().toLowerCase() },
  },
};
