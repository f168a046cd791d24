import { z } from 'zod';
import { FORM_ID, publicId } from './form.ts';
import { eventsOf } from '../../record/noun-events.ts';
import type { Noun } from '../../record/noun.ts';
import type { LeadInput } from '../leads/lead-input.ts';
import { lead, type Lead } from '../leads/lead.ts';
import type { Consent, FormValue } from './form-values.ts';

/** What the event of a form's lead carries beside the lead: how it came. */
export interface FormContext {
  form_id: string;
  form_name: string;
  submission_id: string;
  fields: Record<string, FormValue>;
  consent: Consent | null;
}

const SUBMITTED = 'form.submitted';

const formOutput = {
  form_id: z.string().regex(FORM_ID).meta({ description: 'The form that was sent, as in `form_…`.' }),
  form_name: z.string().meta({ description: 'What the team calls the form.' }),
  submission_id: z.uuid().meta({ description: 'Names this sending of it.' }),
  fields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: 'All that was filled in, by the keys of the form.' }),
  consent: z
    .object({
      text: z.string().meta({ description: 'What it said.' }),
      given: z.boolean().meta({ description: 'Whether it was agreed to.' }),
    })
    .nullable()
    .meta({ description: 'The consent as it was asked for; null where the form asks for none.' }),
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
 * A lead as a form creates it: the same record in the same table, which fires form.submitted alone (contracts AX10).
 * The event carries the lead with its `FormContext`, which is given as `resolved`.
 */
export const formLead: Noun<Lead, LeadInput> = {
  ...lead,
  output: lead.output.extend(formOutput),

  create(input, base, context) {
    const created = lead.create(input, base, context);
    // A form that asks for one of the two names has it: only a whole name is split.
    const { first_name = null, last_name = null } = input;
    return { ...created, ...(!input.name && { first_name, last_name }), ...context.resolved };
  },

  events: {
    ...lead.events,
    created: {
      name: SUBMITTED,
      object: 'lead',
      description: 'A public form was sent; it carries the lead that came of it, and all field values.',
      sample,
    },
  },
};

/** For the catalogue: the lead's other events are the lead's. */
export const FORM_EVENTS = eventsOf(formLead as unknown as Noun).filter(({ name }) => name === SUBMITTED);
