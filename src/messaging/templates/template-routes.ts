import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { route, type Route } from '../../http/route.ts';
import { recordId } from '../../record/fields/record.ts';
import type { Records } from '../../record/records.ts';
import { renderedTemplate, type EmailDraftParts } from '../emails/email-draft.ts';
import { sanitizeHtml, textOfHtml } from '../emails/email-html.ts';
import { FURTHER_MERGE_FIELDS, MERGED_OBJECTS } from './merge-data.ts';
import { mergeFieldsOf } from './template-engine.ts';
import type { Template } from './template.ts';

export interface TemplateRouteParts extends Pick<EmailDraftParts, 'db' | 'records'> {
  records(): Records;
}

const previewBody = z.preprocess(
  (sent) => sent ?? {},
  z.strictObject({
    contact_id: recordId.nullable().optional(),
    company_id: recordId.nullable().optional(),
    deal_id: recordId.nullable().optional(),
    lead_id: recordId.nullable().optional(),
    variables: z.record(z.string().max(100), z.unknown()).optional(),
  }),
);

type PreviewBody = z.output<typeof previewBody>;

const previewShape = z
  .object({
    subject: z.string().nullable(),
    html: z.string().nullable().meta({ description: 'As it is sent: without scripts and the like.' }),
    text: z.string().nullable(),
    variables: z.array(z.string()).meta({ description: 'The merge fields that the template uses.' }),
  })
  .meta({ id: 'TemplatePreview' });

const fieldShape = z
  .object({
    name: z.string().meta({ description: 'As in `contact.first_name`.' }),
    label: z.string(),
    object: z.string(),
  })
  .meta({ id: 'MergeField' });

/** The records of a preview, with the plurals of their scopes. */
const SHOWN = [
  ['contact_id', 'contact', 'contacts'],
  ['company_id', 'company', 'companies'],
  ['deal_id', 'deal', 'deals'],
  ['lead_id', 'lead', 'leads'],
] as const;

/** Templates as they come out, and the merge fields that they can have. */
export function templateRoutes(parts: TemplateRouteParts): Route[] {
  const template = async (workspaceId: Uuid, id: string) => {
    const found = await parts.records().named('template').store.get(workspaceId, id);
    if (!found) throw new ApiError('not_found', 'There is no template with this id.');
    return found as unknown as Template;
  };
  return [
    route<PreviewBody>({
      method: 'POST',
      path: '/api/v1/templates/:id/preview',
      scope: 'templates:read',
      tag: 'templates',
      summary: 'Preview a template',
      description:
        'With the values of these records and of the caller. 400 if it cannot be rendered: it names a merge field that does not exist.',
      body: previewBody,
      answers: { 200: previewShape },
      async handle({ caller, body, params }) {
        const { workspaceId } = caller;
        const { id, subject, html, text } = await template(workspaceId, params['id']!);
        for (const [field, object, plural] of SHOWN) {
          if (body[field] == null) continue;
          // The company of a contact or a deal is shown too.
          for (const scope of [`${plural}:read`, 'companies:read'])
            if (!caller.may(scope))
              throw new ApiError('forbidden', `A preview with ${field} needs the scope ${scope}.`);
          const found = await parts.records().named(object).store.find(workspaceId, body[field]);
          if (!found) throw invalid(field, `must be the id of a ${object}`);
        }
        const rendered = await renderedTemplate(parts, workspaceId, id, {
          contactId: body.contact_id ?? null,
          companyId: body.company_id ?? null,
          dealId: body.deal_id ?? null,
          leadId: body.lead_id ?? null,
          userId: caller.makerId,
          variables: body.variables ?? {},
        });
        const safe = rendered.html === null ? null : await sanitizeHtml(rendered.html);
        const sources = [subject, html, text].filter((source) => source !== null);
        return {
          status: 200,
          body: {
            subject: rendered.subject,
            html: safe,
            text: rendered.text ?? (safe === null ? null : await textOfHtml(safe)),
            variables: await mergeFieldsOf(sources),
          },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/merge-fields',
      scope: 'templates:read',
      tag: 'templates',
      summary: 'List merge fields',
      description:
        'What templates can show of contacts, companies, deals, leads, the sender and the workspace.',
      answers: { 200: z.object({ data: z.array(fieldShape) }) },
      handle: () => Promise.resolve({ status: 200, body: { data: mergeFields(parts.records()) } }),
    }),
  ];
}

function mergeFields(records: Records) {
  const ofRecords = MERGED_OBJECTS.flatMap((object) =>
    Object.entries(records.named(object).noun.fields).map(([name, { label }]) => ({
      name: `${object}.${name}`,
      label,
      object,
    })),
  );
  const further = Object.entries(FURTHER_MERGE_FIELDS).flatMap(([object, fields]) =>
    Object.entries(fields).map(([name, label]) => ({ name: `${object}.${name}`, label, object })),
  );
  return [...ofRecords, ...further];
}
