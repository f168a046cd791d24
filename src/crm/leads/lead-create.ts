import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { invalid } from '../../base/errors.ts';
import type { CreateOptions } from '../../record/record-create-routes.ts';
import { takeLead, type DuplicateParts } from './lead-duplicate.ts';
import { leadOfForm } from './lead-form.ts';
import { leadInput, ON_DUPLICATE, type LeadInput, type OnDuplicate } from './lead-input.ts';

/** The query parameter that says what happens to a lead that exists; the body may say it too. */
const query = z.strictObject({
  on_duplicate: z.enum(ON_DUPLICATE).optional().meta({ description: 'Wins over that of the body.' }),
});

/** What a lead needs where a key of another system's style creates it (contracts RX3). */
export type LeadInputByKeyStyle = Readonly<Partial<Record<string, z.ZodType<LeadInput>>>>;

/** How leads are created: by whoever may, whether or not there is one already. */
export function leadCreateOptions(
  parts: DuplicateParts,
  inputByKeyStyle: LeadInputByKeyStyle,
): CreateOptions<LeadInput> {
  return {
    scope: 'leads:create',
    description:
      'Fires `lead.created` or, where the submission is attached to a lead that exists, `lead.submission_added`; then the answer is 200. The workspace limits how many leads it takes in an hour (`/lead-settings`); beyond, 429 with Retry-After.',
    query,
    formBody: leadOfForm,
    inputFor: ({ via }: Caller) => (via.kind === 'api_key' && inputByKeyStyle[via.style]) || leadInput,

    checkBatched({ on_duplicate: mode = 'create' }) {
      if (mode !== 'create') throw invalid('on_duplicate', 'is for one lead at a time, not for a batch');
    },

    async createWithReceipt(writer, { input, query: sent }, source) {
      const { on_duplicate: ofBody = 'create', ...fields } = input;
      const { on_duplicate: mode = ofBody } = sent as { on_duplicate?: OnDuplicate };
      const planned = await parts.leads.plan(writer, fields, source);
      if (mode !== 'create') return takeLead(parts, writer, { plan: planned, input: fields, mode });
      const body = JSON.stringify({ id: planned.id, status: 'created' });
      return parts.leads.store.create(writer, [planned], { status: 201, body });
    },
  };
}
