import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { defineScopes } from '../../account/scope.ts';
import { invalid } from '../../base/errors.ts';
import type { CreateOptions } from '../../record/record-create-routes.ts';
import { takeLead, type DuplicateParts } from './lead-duplicate.ts';
import { leadOfForm } from './lead-form-body.ts';
import { leadInput, ON_DUPLICATE, type LeadInput, type OnDuplicate } from './lead-input.ts';

/** `on_duplicate` may be in the query or in the body. */
const query = z.strictObject({
  on_duplicate: z
    .enum(ON_DUPLICATE)
    .optional()
    .meta({ description: 'Takes precedence over `on_duplicate` of the body.' }),
});

export const LEAD_CREATE_SCOPES = defineScopes(
  { name: 'leads', label: 'Leads' },
  {
    'leads:create': {
      label: 'Send leads',
      description: 'Create leads only.',
      minRole: 'member',
      includedIn: 'leads:write',
    },
  },
);

/** The schema of a new lead by the style of the API key, for other systems (RX3). */
export type LeadInputByKeyStyle = Readonly<Partial<Record<string, z.ZodType<LeadInput>>>>;

/** How leads are created, including what happens to duplicates. */
export function leadCreateOptions(
  parts: DuplicateParts,
  inputByKeyStyle: LeadInputByKeyStyle,
): CreateOptions<LeadInput> {
  return {
    scope: 'leads:create',
    description:
      'Fires `lead.created`. If the submission is attached to an existing lead, fires `lead.submission_added` and answers 200. 429 with Retry-After beyond the hourly limit of the workspace (`/lead-settings`).',
    query,
    formBody: leadOfForm,
    inputFor: ({ via }: Caller) => (via.kind === 'api_key' && inputByKeyStyle[via.style]) || leadInput,

    checkBatched({ on_duplicate: mode = 'create' }) {
      if (mode !== 'create') throw invalid('on_duplicate', 'cannot be used in a batch');
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
