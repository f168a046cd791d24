import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { ApiError } from '../../base/errors.ts';
import { plainText } from '../../base/values/text.ts';
import { recordId } from '../../record/fields/record.ts';
import type { Change } from '../../record/noun.ts';
import { MAX_ATTACHMENTS } from './attachment-limit.ts';

/** UTF-16 units. */
export const MAX_BODY = 500_000;

const body = (description: string) => plainText(MAX_BODY).nullable().optional().meta({ description });

/** What a client may send for a new mail besides its fields. */
export const CONTENT_INPUT = {
  html: body('The mail in HTML. Scripts, frames, forms and event handlers are removed.'),
  text: body('The mail as plain text; default: made from `html`.'),
  variables: z
    .record(z.string().max(100), z.unknown())
    .optional()
    .meta({ description: 'Further values for the template, by name.' }),
  attachments: z
    .array(recordId)
    .max(MAX_ATTACHMENTS)
    .optional()
    .meta({ description: 'Ids of files that `POST /email-attachments` returned.' }),
  reply_to_email_id: recordId.nullable().optional().meta({
    description: 'The mail that it answers: it joins its thread.',
  }),
  unsubscribe: z.boolean().optional().meta({
    description: 'Whether it has unsubscribe headers; mails with `template_id` always have.',
  }),
  ignore_suppression: z.boolean().optional().meta({
    description:
      'Sends it although the recipient has unsubscribed. Owners and admins only; for mails without a template.',
  }),
};

/** Fields of a new mail that are no fields of the record. */
export interface ContentInput {
  html?: string | null | undefined;
  text?: string | null | undefined;
  variables?: Record<string, unknown> | undefined;
  attachments?: string[] | undefined;
  reply_to_email_id?: string | null | undefined;
  unsubscribe?: boolean | undefined;
  ignore_suppression?: boolean | undefined;
}

/** The schema of a new mail: that of its fields and the content; `account_id` is another name for `connection_id`. */
export function withContent<Input extends object>(fields: z.ZodType<Input>): z.ZodType<Input & ContentInput> {
  const object = fields as unknown as z.ZodObject;
  const all = object.extend({
    ...CONTENT_INPUT,
    account_id: (object.shape['connection_id'] as z.ZodType).meta({
      description: 'Another name for `connection_id`.',
    }),
  });
  return z.preprocess((sent) => {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
    const { account_id: account, ...rest } = sent as Record<string, unknown>;
    return account === undefined ? rest : { connection_id: account, ...rest };
  }, all) as unknown as z.ZodType<Input & ContentInput>;
}

/** The schema of a change: that of its fields, and what the mail says. */
export function withChangedContent<Input extends object>(
  fields: z.ZodType<Change<Input>>,
): z.ZodType<Change<Input & ContentInput>> {
  const together = 'While it is a draft or scheduled. `html` and `text` are replaced together';
  return (fields as unknown as z.ZodObject).extend({
    html: body(`${together}; scripts, frames, forms and event handlers are removed.`),
    text: body(`${together}; default: made from \`html\`.`),
  }) as unknown as z.ZodType<Change<Input & ContentInput>>;
}

/** Records whose values a mail can show. */
const SHOWN = [
  ['contact_id', 'contacts'],
  ['company_id', 'companies'],
  ['deal_id', 'deals'],
  ['lead_id', 'leads'],
] as const;

/**
 * Throws `forbidden` where a mail would show what its sender may not read: addresses and merge fields of records, and the
 * mail that it answers.
 */
export function checkMayShow(caller: Caller, input: Change<Record<string, unknown>> & ContentInput): void {
  const isMerged = input['template_id'] != null || input['to'] == null;
  for (const [field, plural] of SHOWN)
    if (isMerged && input[field] != null) requireScope(caller, `${plural}:read`, `A mail with ${field}`);
  // The recipient of a deal's mail is its contact; a template shows the contact of the address, and the contact's company.
  if (isMerged && input['deal_id'] != null) requireScope(caller, 'contacts:read', 'A mail with deal_id');
  if (input['template_id'] != null)
    for (const scope of ['templates:read', 'contacts:read', 'companies:read'])
      requireScope(caller, scope, 'A mail with template_id');
  if (input.reply_to_email_id != null) requireScope(caller, 'emails:read', 'A reply');
  // It is about the deal and the lead of the mail that it answers.
  if (input.reply_to_email_id != null && input['template_id'] != null)
    for (const scope of ['deals:read', 'leads:read']) requireScope(caller, scope, 'A reply with template_id');
  if (input.ignore_suppression && caller.role !== 'owner' && caller.role !== 'admin')
    throw new ApiError('forbidden', 'Only owners and admins send to suppressed addresses.');
}

function requireScope(caller: Caller, scope: string, what: string): void {
  if (!caller.may(scope)) throw new ApiError('forbidden', `${what} needs the scope ${scope}.`);
}
