import { z } from 'zod';
import type { FieldError } from '../../base/errors.ts';
import { emailAddress } from '../../base/values/email-address.ts';
import { isBlank, plainText, requiredText, text } from '../../base/values/text.ts';
import { date } from '../../base/values/time.ts';
import { customFields, type CustomValue } from '../../record/custom-fields.ts';
import { recordId } from '../../record/fields/record.ts';
import { tagList } from '../../record/fields/tags.ts';

/** What happens to a lead that exists: another is created, the submission is attached to it, or it is returned. */
export const ON_DUPLICATE = ['create', 'attach', 'return'] as const;
export type OnDuplicate = (typeof ON_DUPLICATE)[number];

/** A validated new lead. */
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
  tags?: string[] | null | undefined;
  custom_fields?: Record<string, CustomValue> | undefined;
  on_duplicate?: OnDuplicate | undefined;
}

const fields = z
  .object({
    first_name: requiredText(200)
      .optional()
      .meta({ description: 'One of `first_name`, `last_name` and `name` is required.' }),
    last_name: requiredText(200).optional(),
    name: requiredText(200).optional().meta({ description: 'Instead of both; split at the first space.' }),
    email: emailAddress.optional().meta({ description: 'One of `email` and `phone` is required.' }),
    phone: plainText(100)
      .optional()
      .meta({ description: 'Kept as sent.', examples: ['+15551234567'] }),
    event_date: date.optional().meta({ examples: ['2026-08-15'] }),
    event_type: z
      .string()
      .optional()
      .meta({ description: 'Name of a lead event type, ignoring case; an unknown one is ignored.' }),
    source: text(200)
      .optional()
      .meta({ description: 'Name of a lead source, ignoring case; an unknown one is created.' }),
    status: z.enum(['new', 'contacted', 'quoted']).optional().meta({ description: 'Default: new.' }),
    notes: text(50_000).optional(),
    owner_id: recordId.nullable().optional().meta({ description: 'Owner (user id)' }),
    crm_lead_id: text(200).optional().meta({ description: 'Id of the lead in another CRM' }),
    tags: z
      .union([
        tagList,
        z
          .string()
          .transform((sent) => sent.split(',').filter((tag) => tag.trim() !== ''))
          .pipe(tagList),
      ])
      .optional()
      .meta({ description: 'A list; in a form, a comma-separated text.' }),
    custom_fields: customFields.optional(),
    on_duplicate: z.enum(ON_DUPLICATE).optional().meta({
      description:
        'What happens if a lead with the same email or phone digits exists: create another (`create`, the default), attach this submission to it (`attach`), or return it unchanged (`return`).',
    }),
  })
  .meta({ description: 'Other fields are stored with the submission.' });

/** The schema of each field, for input in other formats (lead-form-answers.ts, lead-form-body.ts). */
export const LEAD_FIELDS = fields.shape;

/** The message for a missing field. */
export const REQUIRED = 'is required';

/**
 * The schema of a new lead. A field that is blank or null counts as missing, since forms send those; errors of missing
 * fields come before those of invalid ones; unknown fields are stored with the submission.
 * @param missingOf returns an error for each required field that was not sent
 */
export function makeLeadInput(
  missingOf: (sent: Readonly<Record<string, unknown>>) => readonly FieldError[],
): z.ZodType<LeadInput> {
  return z.preprocess((sent, context) => {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
    const filled = withoutEmpty(sent as Record<string, unknown>);
    for (const { field, message } of missingOf(filled))
      context.addIssue({ code: 'custom', path: [field], message, input: undefined });
    return filled;
  }, fields);
}

const ONE_OF_TWO = 'or phone is required';

/** A lead needs a name, and an email or a phone to reply to (RX3). */
export const leadInput = makeLeadInput(({ name, first_name, last_name, email, phone }) => [
  ...(name === undefined && first_name === undefined && last_name === undefined
    ? [{ field: 'name', message: REQUIRED }]
    : []),
  ...(email === undefined && phone === undefined ? [{ field: 'email', message: ONE_OF_TWO }] : []),
]);

/** Whether an error is about a missing field, not an invalid one. */
export function isMissing({ message }: FieldError): boolean {
  return message === REQUIRED || message === ONE_OF_TWO;
}

/** The fields with a value; the object itself if all have one, which is the usual case. */
function withoutEmpty(sent: Record<string, unknown>): Record<string, unknown> {
  if (!Object.values(sent).some(isEmpty)) return sent;
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'string' && isBlank(value));
}
