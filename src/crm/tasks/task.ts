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

const PRIORITIES = ['low', 'medium', 'high', 'urgent'] as const;
const STATUSES = ['open', 'completed'] as const;

export interface Task extends BaseRecord {
  title: string;
  description: string | null;
  priority: (typeof PRIORITIES)[number];
  status: (typeof STATUSES)[number];
  /** `YYYY-MM-DD`. */
  due_date: string | null;
  completed_at: string | null;
  contact_id: string | null;
  company_id: string | null;
  deal_id: string | null;
  assignee_id: string | null;
}

const fields = {
  title: requiredText(200),
  description: text(50_000).optional(),
  priority: z.enum(PRIORITIES).nullable().optional().meta({ description: 'Default: medium.' }),
  status: z.enum(STATUSES).nullable().optional().meta({ description: 'Default: open.' }),
  due_date: date
    .nullable()
    .optional()
    .meta({ examples: ['2026-06-30'] }),
  contact_id: reference.optional().meta({ description: 'Whom it is about.' }),
  company_id: reference.optional().meta({ description: 'Whom it is about.' }),
  deal_id: reference.optional().meta({ description: 'What it is about.' }),
  assignee_id: reference.optional().meta({ description: 'The member who is to do it.' }),
  custom_fields: customFields.optional(),
};

const sentFields = z.strictObject({
  ...fields,
  ...readOnlyFields,
  completed_at: z
    .unknown()
    .optional()
    .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
});
type Input = z.infer<z.ZodObject<typeof fields>>;

const output = z
  .object({
    ...baseOutput,
    title: z.string().meta({ description: 'What is to be done, in short.' }),
    description: told('What is to be done.'),
    priority: z.enum(PRIORITIES).meta({ description: 'How urgent it is.' }),
    status: z.enum(STATUSES).meta({ description: 'Whether it is open or completed.' }),
    due_date: z.iso.date().nullable().meta({ description: 'The day by which it is to be done.' }),
    completed_at: z.iso.datetime().nullable().meta({ description: 'When its status became completed.' }),
    contact_id: toldId('The contact it is about.'),
    company_id: toldId('The company it is about.'),
    deal_id: toldId('The deal it is about.'),
    assignee_id: toldId('The member who is to do it.'),
  })
  .meta({ id: 'Task' });

const sample: Task = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c41',
  version: 1,
  title: 'Follow up with Acme',
  description: 'Ask about the harbour.',
  priority: 'high',
  status: 'open',
  due_date: '2026-06-30',
  completed_at: null,
  contact_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
  company_id: null,
  deal_id: null,
  assignee_id: null,
  custom_fields: {},
  created_by: 'api_key:01976d3c-1000-7000-8000-000000000001',
  created_at: '2026-06-01T12:00:00.000Z',
  updated_at: '2026-06-01T12:00:00.000Z',
};

const completedSample: Task = {
  ...sample,
  version: 2,
  status: 'completed',
  completed_at: '2026-06-02T09:00:00.000Z',
  updated_at: '2026-06-02T09:00:00.000Z',
};

function eventType(verb: string, description: string, example = sample) {
  return { name: `task.${verb}`, object: 'task', description, sample: { ...example } };
}

const columns = [
  'title',
  'description',
  'priority',
  'status',
  'due_date',
  'completed_at',
  'contact_id',
  'company_id',
  'deal_id',
  'assignee_id',
  'custom_fields',
] as const;

const isCompletion = (before: Task, after: Task) =>
  before.status !== 'completed' && after.status === 'completed';

export const task: Noun<Task, Input> = {
  name: 'task',
  plural: 'tasks',
  columns,
  input: sentFields,
  change: sentFields.partial(),
  output,
  references: { contact_id: 'contact', company_id: 'company', deal_id: 'deal', assignee_id: 'member' },

  create: (input, base) => ({
    id: base.id,
    version: base.version,
    title: input.title,
    description: input.description ?? null,
    priority: input.priority ?? 'medium',
    status: input.status ?? 'open',
    due_date: input.due_date ?? null,
    completed_at: input.status === 'completed' ? base.created_at : null,
    contact_id: input.contact_id ?? null,
    company_id: input.company_id ?? null,
    deal_id: input.deal_id ?? null,
    assignee_id: input.assignee_id ?? null,
    custom_fields: mergeCustomFields({}, input.custom_fields),
    created_by: base.created_by,
    created_at: base.created_at,
    updated_at: base.updated_at,
  }),

  update(current, { completed_at: _ignored, ...change }: Partial<Task>, at) {
    const next = applied(current, change, columns);
    next.priority ??= 'medium';
    next.status ??= 'open';
    if (next.status !== 'completed') return { ...next, completed_at: null };
    return isCompletion(current, next) ? { ...next, completed_at: at } : next;
  },

  fires: (before, after) => (isCompletion(before, after) ? ['task.completed'] : ['task.updated']),

  events: {
    created: eventType('created', 'A task was created, by the API or the app.'),
    updated: eventType('updated', 'At least one field of a task changed, and it was not completed by that.'),
    completed: eventType('completed', 'The status of a task became completed.', completedSample),
    deleted: eventType('deleted', 'A task was deleted; the payload is its last state.'),
  },

  summary: (record) => ({
    status: record['status'],
    priority: record['priority'],
    has_description: record['description'] !== null,
    has_due_date: record['due_date'] !== null,
    has_contact: record['contact_id'] !== null,
    has_company: record['company_id'] !== null,
    has_deal: record['deal_id'] !== null,
    has_assignee: record['assignee_id'] !== null,
  }),

  filters: {
    status: { column: 'status' },
    priority: { column: 'priority' },
    due_date: { column: 'due_date', schema: date },
    contact_id: { column: 'contact_id', schema: z.uuid().toLowerCase() },
    company_id: { column: 'company_id', schema: z.uuid().toLowerCase() },
    deal_id: { column: 'deal_id', schema: z.uuid().toLowerCase() },
    assignee_id: { column: 'assignee_id', schema: z.uuid().toLowerCase() },
  },
};
