import { z } from 'zod';
import { FORM_ID, publicId } from './form.ts';
import { eventsOf } from '../../record/noun-events.ts';
import type { Noun } from '../../record/noun.ts';
import type { LeadInput } from '../leads/lead-input.ts';
import { lead, type Lead } from '../leads/lead.ts';
import type { Consent, FormValue } from './form-values.ts';

/** What form.submitted holds besides the lead: the form and the submission. */
export interface FormContext {
  form_id: string;
  form_name: string;
  submission_id: string;
  fields: Record<string, FormValue>;
  consent: Consent | null;
}

const SUBMITTED = 'form.submitted';

const formOutput = {
  form_id: z.string().regex(FORM_ID).meta({ description: 'Id of the form, as in `form_…`.' }),
  form_name: z.string().meta({ description: 'Name of the form.' }),
  submission_id: z.uuid().meta({ description: 'Id of the submission.' }),
  fields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: 'All values that were filled in, by field key.' }),
  consent: z
    .object({
      text: z.string().meta({ description: 'Text of the consent.' }),
      given: z.boolean().meta({ description: 'Whether the visitor agreed.' }),
    })
    .nullable()
    .meta({ description: 'The consent with its text; null if the form asks for none.' }),
};

const { sample: leadSample } = lead.events.created;
const sample: Record<string, unknown> = {
  ...leadSample,
  source: 'Website form',
  created_by: 'form:01976d3c-2a00-7000-8000-000000000002',
  form_id: publicId('01976d3c-2a00-7000-8000-000000000002'),
  form_name: 'Wedding enquiries',
  submission_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c82',
  fields: {
    first_name: 'Jane',
    last_name: 'Doe',
    email: 'jane@example.com',
    phone: '+15551234567',
    event_date: '2026-08-15',
    guests: 80,
  },
  consent: { text: 'You may write to me about my enquiry.', given: true },
};

/**
 * A lead from a form: the same record in the same table, which fires only form.submitted (AX10). The event
 * holds the lead with its `FormContext`, which is passed as `resolved`.
 */
export const formLead: Noun<Lead, LeadInput> = {
  ...lead,
  output: lead.output.extend(formOutput),

  create(input, base, context) {
    const created = lead.create(input, base, context);
    // A form may ask for only one of the two names; only `name` is split.
    const { first_name = null, last_name = null } = input;
    return { ...created, ...(!input.name && { first_name, last_name }), ...context.resolved };
  },

  events: {
    ...lead.events,
    created: {
      name: SUBMITTED,
      object: 'lead',
      description: 'A public form was submitted. Holds the new lead and all field values.',
      sample,
    },
  },
};

/** For the catalogue: the other events of these leads are those of `lead`. */
export const FORM_EVENTS = eventsOf(formLead as unknown as Noun).filter(({ name }) => name === SUBMITTED);
