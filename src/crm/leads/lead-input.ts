import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { validationError } from '../../http/reply.ts';
import { emailAddress } from '../../base/values/email-address.ts';
import { date } from '../../base/values/time.ts';
import { isBlank, plainText, requiredText, text } from '../../base/values/text.ts';
import { customFields, reference, tagList, type CustomValue } from '../../record/noun.ts';

/** What becomes of a lead that is there already: it is made once more, attached to, or told. */
export const ON_DUPLICATE = ['create', 'attach', 'return'] as const;
export type OnDuplicate = (typeof ON_DUPLICATE)[number];

/** A new lead, of which every required field is there and each is well-formed. */
export interface LeadInput {
  name?: string | undefined;
  first_name?: string | null | undefined;
  last_name?: string | null | undefined;
  email?: string | null | undefined;
  phone?: string | null | undefined;
  event_date?: string | null | undefined;
  event_type?: string | null | undefined;
  source?: string | null | undefined;
  status?: string | null | undefined;
  notes?: string | null | undefined;
  owner_id?: string | null | undefined;
  crm_lead_id?: string | null | undefined;
  tags?: string[] | undefined;
  custom_fields?: Record<string, CustomValue> | undefined;
  on_duplicate?: OnDuplicate | undefined;
  /** What is done with a lead that is there, beside what a client changes: it arrived again, it was converted. */
  arrivedAgain?: boolean | undefined;
  became?: { contact_id: string | null; company_id: string | null; deal_id: string | null } | undefined;
  /** What the statement writes beside it (lead-insert-gate.ts). */
  related?: object | undefined;
}

const fields = z
  .object({
    first_name: requiredText(200)
      .optional()
      .meta({ description: 'Required, with `last_name`, where there is no `name`.' }),
    last_name: requiredText(200).optional(),
    name: requiredText(200).optional().meta({ description: 'In place of both: split at its first space.' }),
    email: emailAddress,
    phone: plainText(100).meta({ description: 'Kept as sent.', examples: ['+15551234567'] }),
    event_date: date.meta({ examples: ['2026-08-15'] }),
    event_type: z
      .string()
      .optional()
      .meta({ description: 'One of the lead event types, whatever the case; another one is ignored.' }),
    source: text(200)
      .optional()
      .meta({ description: 'One of the lead sources, whatever the case; another one is made.' }),
    status: z.enum(['new', 'contacted', 'quoted']).optional().meta({ description: 'Default: new.' }),
    notes: text(50_000).optional(),
    owner_id: reference.optional().meta({ description: 'The member who looks after it.' }),
    crm_lead_id: text(200).optional().meta({ description: 'What another CRM calls it.' }),
    tags: z
      .union([
        tagList,
        z
          .string()
          .transform((sent) => sent.split(',').filter((item) => item.trim() !== ''))
          .pipe(tagList),
      ])
      .optional()
      .meta({ description: 'A list; of a form a text, with commas between them.' }),
    custom_fields: customFields.optional(),
    on_duplicate: z.enum(ON_DUPLICATE).optional().meta({
      description:
        'Where there is a lead with the same email or the digits of the same phone: make another (create, the default), attach what arrived to it (attach), or leave it as it is (return).',
    }),
  })
  .meta({ description: 'Fields that are not listed are kept with the submission.' });

/** Each field by itself, for what arrives in another shape than a lead's (lead-answers.ts). */
export const LEAD_FIELDS = fields.shape;

/**
 * What makes a lead (contracts RX3, RX4). What is missing is told before what is malformed; a field that a form sent
 * empty counts as left out.
 */
export const leadInput: z.ZodType<LeadInput> = z.preprocess((sent, context) => {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
  const input = Object.fromEntries(Object.entries(sent).filter(([, value]) => !isEmpty(value)));
  for (const field of missing(input))
    context.addIssue({ code: 'custom', path: [field], message: MISSING, input: undefined });
  return input;
}, fields);

const MISSING = 'is required';

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'string' && isBlank(value));
}

function missing(input: Record<string, unknown>): string[] {
  const named = input['name'] === undefined ? ['first_name', 'last_name'] : [];
  return [...named, 'email', 'phone', 'event_date'].filter((field) => input[field] === undefined);
}

/** RemixCRM's two refusals (contracts RX6). */
export function leadRefusal(error: z.ZodError): ApiError {
  const { fields: wrong = [] } = validationError(error, 'body');
  const isMissing = wrong.every(({ message }) => message === MISSING);
  return new ApiError('validation_error', isMissing ? 'Missing required fields' : 'Invalid fields', {
    fields: wrong,
  });
}
