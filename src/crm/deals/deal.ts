import { z } from 'zod';
import { requiredText, text } from '../../base/values/text.ts';
import { date } from '../../base/values/time.ts';
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
import { MOVE_CONTEXT, moveOutput, moveSample } from './stage-change.ts';

const STATUSES = ['open', 'won', 'lost'] as const;

/** The currency of a deal where none is named. */
const DEFAULT_CURRENCY = 'USD';

export interface Deal extends BaseRecord {
  name: string;
  /** In its currency's units. */
  value: number | null;
  /** ISO 4217. */
  currency: string;
  status: (typeof STATUSES)[number];
  pipeline_id: string;
  stage_id: string;
  /** `YYYY-MM-DD`. */
  expected_close_date: string | null;
  closed_at: string | null;
  lost_reason: string | null;
  notes: string | null;
  contact_id: string | null;
  company_id: string | null;
  owner_id: string | null;
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

export const dealFields = {
  name: requiredText(200),
  title: requiredText(200).optional().meta({ description: 'Another word for `name`.' }),
  value: z
    .number()
    .min(0)
    .max(999_999_999_999)
    .refine((value) => Number(value.toFixed(4)) === value, 'must have at most 4 decimals')
    .nullable()
    .optional()
    .meta({ description: "In its currency's units.", examples: [5000] }),
  currency: z
    .string()
    .toUpperCase()
    .refine((code) => CURRENCIES.has(code), 'must be a currency code of ISO 4217')
    .nullable()
    .optional()
    .meta({ description: `Default: ${DEFAULT_CURRENCY}.`, examples: ['GBP'] }),
  status: z.enum(STATUSES).nullable().optional().meta({ description: 'Default: open.' }),
  pipeline_id: reference
    .optional()
    .meta({ description: 'Default: that of the stage, else the default pipeline.' }),
  stage_id: reference.optional().meta({ description: "Default: the pipeline's first stage." }),
  expected_close_date: date.nullable().optional(),
  lost_reason: text(1000).optional(),
  notes: text(50_000).optional(),
  contact_id: reference.optional(),
  company_id: reference.optional(),
  owner_id: reference.optional().meta({ description: 'The member who looks after it.' }),
  custom_fields: customFields.optional(),
};

const sentFields = z.strictObject({
  ...dealFields,
  ...readOnlyFields,
  closed_at: z
    .unknown()
    .optional()
    .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
});
export type DealInput = z.infer<z.ZodObject<typeof dealFields>>;

/** `title` is taken for `name`, which wins where both are sent. */
const named = <T extends { name?: unknown; title?: unknown }>(input: unknown) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const { title } = input as T;
  return title === undefined ? input : { name: title, ...input };
};

const output = z
  .object({
    ...baseOutput,
    name: z.string().meta({ description: 'What it is called.' }),
    value: z.number().nullable().meta({ description: "What it is worth, in its currency's units." }),
    currency: z.string().meta({ description: 'The code of its currency (ISO 4217).' }),
    status: z.enum(STATUSES).meta({ description: 'Whether it is open, won or lost.' }),
    pipeline_id: z.uuid().meta({ description: 'The pipeline that it moves through.' }),
    stage_id: z.uuid().meta({ description: 'The stage of the pipeline where it stands.' }),
    expected_close_date: z.iso.date().nullable().meta({ description: 'When it should be won or lost.' }),
    closed_at: z.iso.datetime().nullable().meta({ description: 'When it was won or lost.' }),
    lost_reason: told('Why it was lost.'),
    notes: told('What people wrote down about it.'),
    contact_id: toldId('The contact it is with.'),
    company_id: toldId('The company it is with.'),
    owner_id: toldId('The member who looks after it.'),
  })
  .meta({ id: 'Deal' });

const sample: Deal = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c51',
  version: 1,
  name: 'Acme: Q3 contract',
  value: 5000,
  currency: 'GBP',
  status: 'open',
  pipeline_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c61',
  stage_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c62',
  expected_close_date: '2026-09-30',
  closed_at: null,
  lost_reason: null,
  notes: null,
  contact_id: null,
  company_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c31',
  owner_id: null,
  custom_fields: {},
  created_by: 'api_key:01976d3c-1000-7000-8000-000000000001',
  created_at: '2026-06-01T12:00:00.000Z',
  updated_at: '2026-06-01T12:00:00.000Z',
};
const later: Deal = { ...sample, version: 2, updated_at: '2026-06-02T09:00:00.000Z' };
const moved: Deal = { ...later, stage_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c63' };
const closed: Deal = { ...later, closed_at: later.updated_at };

function eventType(verb: string, description: string, example: Deal) {
  return { name: `deal.${verb}`, object: 'deal', description, sample: { ...example } };
}

const columns = [
  'name',
  'value',
  'currency',
  'status',
  'pipeline_id',
  'stage_id',
  'expected_close_date',
  'closed_at',
  'lost_reason',
  'notes',
  'contact_id',
  'company_id',
  'owner_id',
  'custom_fields',
] as const;

/** What a move changes, and what follows from another change: neither is an update of its own. */
const FOLLOWING = new Set(['pipeline_id', 'stage_id', 'status', 'closed_at', 'lost_reason']);

export const deal: Noun<Deal, DealInput> = {
  name: 'deal',
  plural: 'deals',
  columns,
  input: z.preprocess(named, sentFields),
  change: z.preprocess(named, sentFields.partial()),
  output,
  references: { contact_id: 'contact', company_id: 'company', owner_id: 'member' },

  // Where it stands was worked out before (pipelines/pipeline.ts).
  create: (input, base) => ({
    id: base.id,
    version: base.version,
    name: input.name,
    value: input.value ?? null,
    currency: input.currency ?? DEFAULT_CURRENCY,
    status: input.status ?? 'open',
    pipeline_id: input.pipeline_id!,
    stage_id: input.stage_id!,
    expected_close_date: input.expected_close_date ?? null,
    closed_at: (input.status ?? 'open') === 'open' ? null : base.created_at,
    lost_reason: input.lost_reason ?? null,
    notes: input.notes ?? null,
    contact_id: input.contact_id ?? null,
    company_id: input.company_id ?? null,
    owner_id: input.owner_id ?? null,
    custom_fields: mergeCustomFields({}, input.custom_fields),
    created_by: base.created_by,
    created_at: base.created_at,
    updated_at: base.updated_at,
  }),

  update(current, { closed_at: _ignored, ...change }: Partial<Deal> & { moves?: boolean }, at) {
    const next = applied(current, change, columns);
    next.currency ??= DEFAULT_CURRENCY;
    next.status ??= 'open';
    if (change.moves === false && next.pipeline_id === current.pipeline_id) next.stage_id = current.stage_id;
    if (next.status === 'open') return { ...next, closed_at: null };
    return next.status === current.status ? next : { ...next, closed_at: at };
  },

  fires(before, after) {
    const events = [];
    if (before.stage_id !== after.stage_id) events.push('deal.stage_changed');
    if (before.status !== after.status && after.status !== 'open') return [...events, `deal.${after.status}`];
    const reopened = before.status !== after.status;
    const more = columns.some((name) => !FOLLOWING.has(name) && differs(before[name], after[name]));
    const reason = before.lost_reason !== after.lost_reason;
    return events.length === 0 || more || reopened || reason ? [...events, 'deal.updated'] : events;
  },

  events: {
    created: eventType('created', 'A deal was created, by the API or the app.', sample),
    updated: eventType(
      'updated',
      'At least one field of a deal changed, beside its stage; not when it is won or lost.',
      later,
    ),
    stage_changed: {
      ...eventType('stage_changed', 'A deal moved to another stage.', moved),
      context: moveSample,
      contextOutput: moveOutput,
    },
    won: eventType('won', 'The status of a deal became won.', { ...closed, status: 'won' }),
    lost: eventType('lost', 'The status of a deal became lost.', { ...closed, status: 'lost' }),
    deleted: eventType('deleted', 'A deal was deleted; the payload is its last state.', later),
  },

  contexts: { 'deal.stage_changed': MOVE_CONTEXT },

  summary: (record) => ({
    status: record['status'],
    currency: record['currency'],
    has_value: record['value'] !== null,
    has_contact: record['contact_id'] !== null,
    has_company: record['company_id'] !== null,
    has_owner: record['owner_id'] !== null,
    has_expected_close_date: record['expected_close_date'] !== null,
  }),

  filters: {
    name: { column: 'name', by: 'folded' },
    status: { column: 'status' },
    pipeline: {
      column: 'pipeline_id',
      lookUp: 'pipeline',
      description: 'Only those in this pipeline, by its name or id.',
    },
    stage: { column: 'stage_id', lookUp: 'stage', description: 'Only those in a stage of this name or id.' },
    pipeline_id: { column: 'pipeline_id', schema: z.uuid().toLowerCase() },
    stage_id: { column: 'stage_id', schema: z.uuid().toLowerCase() },
    contact_id: { column: 'contact_id', schema: z.uuid().toLowerCase() },
    company_id: { column: 'company_id', schema: z.uuid().toLowerCase() },
    owner_id: { column: 'owner_id', schema: z.uuid().toLowerCase() },
  },
};

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
