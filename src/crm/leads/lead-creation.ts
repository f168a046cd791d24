import { z } from 'zod';
import type { Creation } from '../record-routes.ts';
import { leadRefusal } from './lead-input.ts';

/**
 * How a lead is made: RemixCRM's Lead API (contracts RX1 to RX7), its answer and its errors.
 * @param baseUrl where people reach this installation
 */
export function leadCreation(baseUrl: () => string): Creation {
  return {
    scope: 'leads:create',
    description:
      'Fires `lead.created`. At most so many leads an hour as the workspace allows itself (`/lead-settings`); then 429 with Retry-After.',
    receipt: (id) => ({ id, status: 'created', lead_url: `${baseUrl()}/leads/${id}` }),
    output: z
      .object({
        id: z.uuid(),
        status: z.literal('created'),
        lead_url: z.url().meta({ description: 'The lead in the dashboard.' }),
      })
      .meta({ id: 'LeadReceipt' }),
    refusal: leadRefusal,
    errors: {
      body: ({ message, fields }, requestId) =>
        JSON.stringify({
          error: message,
          ...(fields && { fields: [...new Set(fields.map(({ field }) => field))] }),
          request_id: requestId,
        }),
      shape: z
        .object({
          error: z.string(),
          fields: z.array(z.string()).optional(),
          request_id: z.string(),
        })
        .meta({ id: 'LeadError' }),
    },
    takesForms: true,
  };
}
