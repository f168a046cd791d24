import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { INEXACT_NUMBER } from '../../base/values/unstorable.ts';
import type { CreateAdapter } from '../../record/record-routes.ts';
import { duplicateQuery, takeLead, type DuplicateParts } from './lead-duplicate.ts';
import { leadOfForm } from './lead-form.ts';
import { leadRefusal, type LeadInput, type OnDuplicate } from './lead-input.ts';

/**
 * How a lead is made: RemixCRM's Lead API (contracts RX1 to RX7), its answer and its errors.
 * @param baseUrl where people reach this installation
 * @param parts for a lead that may be there already
 */
export function leadApiAdapter(baseUrl: () => string, parts: DuplicateParts): CreateAdapter {
  const receipt = (id: string, status: string) => ({ id, status, lead_url: `${baseUrl()}/leads/${id}` });
  const output = z
    .object({
      id: z.uuid(),
      status: z
        .enum(['created', 'attached', 'existing'])
        .meta({ description: '`created`, unless `on_duplicate` asks for something else.' }),
      lead_url: z.url().meta({ description: 'The lead in the dashboard.' }),
    })
    .meta({ id: 'LeadReceipt' });
  return {
    scope: 'leads:create',
    description:
      'Fires `lead.created` or, where it is attached to one that is there, `lead.submission_added`; then the answer is 200. At most so many leads an hour as the workspace allows itself (`/lead-settings`); then 429 with Retry-After.',
    receipt: (id) => receipt(id, 'created'),
    output,
    // Where it was there already, and `on_duplicate` says what becomes of it then.
    answers: { 200: output },
    refusal: leadRefusal,
    errors: {
      body({ message, fields }, requestId) {
        // RemixCRM names fields and says no more; that a number is to be sent as a string nobody guesses.
        const details = fields?.filter((item) => item.message === INEXACT_NUMBER) ?? [];
        return JSON.stringify({
          error: message,
          ...(fields && { fields: [...new Set(fields.map(({ field }) => field))] }),
          ...(details.length > 0 && { details }),
          request_id: requestId,
        });
      },
      shape: z
        .object({
          error: z.string(),
          fields: z.array(z.string()).optional(),
          details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
          request_id: z.string(),
        })
        .meta({ id: 'LeadError' }),
    },
    formBody: leadOfForm,
    query: duplicateQuery,
    checkBatched(input) {
      const { on_duplicate: mode = 'create' } = input as LeadInput;
      if (mode !== 'create') throw invalid('on_duplicate', 'is for one lead at a time, not for a batch');
    },
    otherwise(writer, requested, prepare) {
      const { on_duplicate: said = 'create', ...input } = requested.input as LeadInput;
      const { on_duplicate: mode = said } = requested.query as { on_duplicate?: OnDuplicate };
      if (mode === 'create') return undefined;
      return prepare(input).then((write) => takeLead(parts, writer, { write, input, mode }, receipt));
    },
  };
}
