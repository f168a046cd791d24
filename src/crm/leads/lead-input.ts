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
    name: requiredText(200).optional().meta({ description: 'In place of both: split at its first space.' }),
    email: emailAddress.optional().meta({ description: 'One of `email` and `phone` is required.' }),
    phone: plainText(100)
      .optional()
      .meta({ description: 'Kept as sent.', examples: ['+15551234567'] }),
    event_date: date.optional().meta({ examples: ['2026-08-15'] }),
    event_type: z
      .string()
      .optional()
      .meta({ description: 'One of the lead event types, whatever the case; another one is ignored.' }),
    source: text(200)
      .optional()
      .meta({ description: 'One of the lead sources, whatever the case; another one is created.' }),
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
      .meta({ description: 'A list; in a form, a text with commas between tags.' }),
    custom_fields: customFields.optional(),
    on_duplicate: z.enum(ON_DUPLICATE).optional().meta({
      description:
        'Where a lead has the same email or the digits of the same phone: create another (`create`, the default), attach this submission to it (`attach`), or return it unchanged (`return`).',
    }),
  })
  .meta({ description: 'Fields that are not listed are kept with the submission.' });

/** Each field by itself, for what arrives in another shape than a lead's (form-answers of other systems). */
export const LEAD_FIELDS = fields.shape;

/** The message for a field that has to be sent. */
export const REQUIRED = 'is required';

/**
 * The schema of a new lead. A field that is blank or null counts as left out, as forms send it; what is missing comes
 * before what is malformed; fields that are not known are kept with the submission.
 * @param missingOf what has to be there and is not, of the fields that were sent
 */
export function makeLeadInput(
  missingOf: (sent: Readonly<Record<string, unknown>>) => readonly FieldError[],
): z.ZodType<LeadInput> {
  return z.preprocess((sent, context) => {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
    const filled = Object.fromEntries(Object.entries(sent).filter(([, value]) => !isEmpty(value)));
    for (const { field, message } of missingOf(filled))
      context.addIssue({ code: 'custom', path: [field], message, input: undefined });
    return filled;
  }, fields);
}

const ONE_OF_TWO = 'or phone is required';

/** A lead is any enquiry: it has a name, and an address to answer to (contracts RX3). */
export const leadInput = makeLeadInput(({ name, first_name, last_name, email, phone }) => [
  ...(name === undefined && first_name === undefined && last_name === undefined
    ? [{ field: 'name', message: REQUIRED }]
    : []),
  ...(email === undefined && phone === undefined ? [{ field: 'email', message: ONE_OF_TWO }] : []),
]);

/** Whether an error says that a field is missing, not that it is malformed. */
export function isMissing({ message }: FieldError): boolean {
  return message === REQUIRED || message === ONE_OF_TWO;
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'string' && isBlank(value));
}
