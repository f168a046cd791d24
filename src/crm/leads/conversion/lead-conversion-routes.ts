import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../../account/workspace-settings.ts';
import { ApiError } from '../../../base/errors.ts';
import type { Uuid } from '../../../base/id.ts';
import { route, type Route } from '../../../http/route.ts';
import { deal } from '../../deals/deal.ts';
import { place } from '../../pipelines/pipeline.ts';
import type { Pipelines } from '../../pipelines/pipeline-store.ts';
import { requiredText } from '../../../base/values/text.ts';
import { convertLead, type Conversion, type ConversionParts } from './lead-conversion.ts';
import { withSurvivor } from '../../../record/merge/merged-id.ts';
import type { RecordAnswer } from '../../../record/record-answer.ts';
import type { Lead } from '../lead.ts';

const {
  name,
  value,
  currency: currencyField,
  pipeline_id,
  stage_id,
  expected_close_date,
  notes,
} = deal.fields;

const body = z.preprocess(
  (sent) => sent ?? {},
  z.strictObject({
    company: requiredText(200).optional().meta({
      description:
        'Company name. An existing company with this name is used, ignoring case, accents and apostrophes.',
    }),
    deal: z
      .strictObject({
        name: name.input.optional().meta({
          description: 'Default: the name of the company, else the event type, else the name of the lead.',
        }),
        value: value.input.optional(),
        currency: currencyField.input.optional(),
        pipeline_id: pipeline_id.input.optional(),
        stage_id: stage_id.input.optional(),
        expected_close_date: expected_close_date.input.optional(),
        notes: notes.input.optional(),
      })
      .optional()
      .meta({ description: 'Creates a deal; `{}` for one with the default name.' }),
    update_contact: z.boolean().default(false).meta({
      description:
        'Whether empty fields and missing tags of an existing contact are filled in from the lead.',
    }),
  }),
);

const shapeOf = (lead: z.ZodType) =>
  z
    .object({
      lead,
      made: z
        .array(z.enum(['contact', 'company', 'deal']))
        .meta({ description: 'Records that were created.' }),
    })
    .meta({ id: 'LeadConversion' });

interface ConversionRouteParts extends ConversionParts {
  pipelines: Pipelines;
  workspaceSettings: WorkspaceSettingsStore;
  shown: RecordAnswer<Lead>;
}

/** Converts a lead to a contact and, if requested, a company and a deal. */
export function leadConversionRoutes(parts: ConversionRouteParts): Route[] {
  return [
    route<Conversion>({
      method: 'POST',
      path: '/api/v1/leads/:id/convert',
      scope: 'leads:write',
      tag: 'leads',
      summary: 'Convert a lead to a contact, a company and a deal',
      description:
        'All or nothing. An existing contact with the same email is used, and only changed with `update_contact`; a new one also gets the tags of the lead. The lead gets the status of converted leads (`converted_status` of `/lead-settings`). Fires `lead.converted`, and `contact.created`, `company.created` and `deal.created` for created records; not `lead.updated`. Also needs the write scopes of these records. 409 if the lead was converted before; with If-Match, 412 if the version differs.',
      supportsIfMatch: true,
      body,
      answers: { 200: shapeOf(parts.shown.output) },
      async handle({ caller, body: requested, params, ifMatch, claim }) {
        const { workspaceId, actor } = caller;
        const made = [
          'contacts',
          ...(requested.company ? ['companies'] : []),
          ...(requested.deal ? ['deals'] : []),
        ];
        for (const scope of made.map((item) => `${item}:write`))
          if (!caller.may(scope)) throw new ApiError('forbidden', `This also needs the scope ${scope}.`);
        const completed = requested.deal && (await completedDeal(parts, workspaceId, requested.deal));
        const writer = { workspaceId, actor, ...(claim && { claim }) };
        const conversion = { ...requested, ...(completed && { deal: completed }) };
        const { db, leads } = parts;
        return withSurvivor(db, leads.noun, workspaceId, params['id']!, (id) =>
          convertLead(parts, writer, id, conversion, ifMatch),
        );
      },
      async render(answer, { caller }) {
        if (typeof answer.body !== 'string') return answer;
        const converted = JSON.parse(answer.body) as { lead: Lead };
        const [lead] = await parts.shown.complete(caller.workspaceId, [converted.lead]);
        return { ...answer, body: { ...converted, lead } };
      },
    }),
  ];
}

/** The deal with what it needs, as any new deal has it: pipeline, stage and currency. */
async function completedDeal(
  { pipelines, workspaceSettings }: ConversionRouteParts,
  workspaceId: Uuid,
  requested: NonNullable<Conversion['deal']>,
): Promise<NonNullable<Conversion['deal']>> {
  const placed = place(await pipelines.listFor(workspaceId), requested);
  const currency = requested.currency ?? (await workspaceSettings.recent(workspaceId)).currency;
  return { ...requested, ...placed, currency };
}
