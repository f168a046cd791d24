import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { SPAM_REASONS } from '../../http/public/spam-check.ts';
import { route, type Route } from '../../http/route.ts';
import type { EmbeddedCopy } from '../../record/erasure.ts';
import type { FormSubmissions } from './form-submission-store.ts';
import type { FormSubmission } from './form-submission.ts';
import type { FormStore } from './form-store.ts';
import { FORM_ID, fromPublicId, publicId, type Form } from './form.ts';

const PATH = '/api/v1/forms/:id/submissions';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const shape = z
  .object({
    id: z.uuid(),
    form_id: z.string().regex(FORM_ID),
    lead_id: z
      .uuid()
      .nullable()
      .meta({ description: 'The lead created from it; null while it is quarantined.' }),
    received_at: z.iso.datetime(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).meta({
      description:
        'The values that were filled in, by field key. Fields that the form does not have are included as sent.',
    }),
    consent: z
      .object({ text: z.string(), given: z.boolean() })
      .nullable()
      .meta({ description: 'The consent, with its text at that time.' }),
    address: z.string().nullable().meta({
      description: 'IP address of the sender, without the last 8 bits (IPv6: the last 80).',
    }),
    referrer: z.string().nullable().meta({ description: 'URL of the page that the visitor came from.' }),
    utm: z.record(z.string(), z.string()),
    spam: z.boolean().meta({ description: 'Whether it is quarantined.' }),
    reasons: z.array(z.enum(SPAM_REASONS)).meta({ description: 'Why it was marked as spam.' }),
  })
  .meta({ id: 'FormSubmission' });

/** The stored response of an accepted submission holds data of its lead. */
export const FORM_SUBMISSION_COPY: EmbeddedCopy = { key: 'lead_id', output: shape };

const query = pageQuery.extend({
  spam: z
    .stringbool()
    .default(false)
    .meta({ description: 'Quarantined submissions instead of those that became leads.' }),
  count: z.literal('exact').optional().meta({ description: 'Adds `total_count`; slower.' }),
});

const listShape = pageShape(shape).extend({ total_count: z.int().optional() });

function shown(form: Form, { values, ...submission }: FormSubmission) {
  return { ...submission, form_id: publicId(form.id), fields: values, spam: submission.lead_id === null };
}

/** The submissions of a form. They hold personal data of visitors, so the scopes are those of leads, not of forms. */
export function formSubmissionRoutes(store: FormStore, submissions: FormSubmissions): Route[] {
  const tag = 'forms';

  async function formOf(workspaceId: Uuid, id: string): Promise<Form> {
    const form = await store.get(workspaceId, fromPublicId(id)!);
    if (!form) throw new ApiError('not_found', 'There is no form with this id.');
    return form;
  }

  const list = route<undefined, z.output<typeof query>>({
    method: 'GET',
    path: PATH,
    params: { id: FORM_ID },
    scope: 'leads:read',
    tag,
    summary: 'List the submissions of a form',
    description: 'Newest first. With `spam=true`, quarantined submissions, which can be accepted or deleted.',
    query,
    answers: { 200: listShape },
    async handle({ caller, params, query: requested, url }) {
      const form = await formOf(caller.workspaceId, params['id']!);
      const sort = requested.spam ? 'spam' : 'submissions';
      const after = requested.cursor ? decodeCursor(requested.cursor, sort).id : null;
      const { spam, limit, count } = requested;
      const rows = await submissions.list(caller.workspaceId, form.id, { spam, limit: limit + 1, after });
      const cursorOf = (row: FormSubmission) => encodeCursor({ sort, value: row.received_at, id: row.id });
      const page = pageOf(rows, limit, url, cursorOf, (row) => shown(form, row));
      const total = count && (await submissions.count(caller.workspaceId, form.id, spam));
      return { status: 200, body: { ...page, ...(total !== undefined && { total_count: total }) } };
    },
  });

  const accept = route({
    method: 'POST',
    path: `${PATH}/:submission_id/accept`,
    params: { id: FORM_ID, submission_id: UUID },
    scope: 'leads:write',
    tag,
    summary: 'Accept a quarantined submission',
    description: 'Creates the lead and fires `form.submitted`. 404 if it was accepted or deleted before.',
    answers: { 200: shape },
    async handle({ caller, claim, params }) {
      const { workspaceId, actor } = caller;
      const form = await formOf(workspaceId, params['id']!);
      const writer = { workspaceId, actor, ...(claim && { claim }) };
      return submissions.accept(writer, form, params['submission_id']!, (submission) => ({
        status: 200,
        body: JSON.stringify(shown(form, submission)),
      }));
    },
  });

  const remove = route({
    method: 'DELETE',
    path: `${PATH}/:submission_id`,
    params: { id: FORM_ID, submission_id: UUID },
    scope: 'leads:write',
    tag,
    summary: 'Delete a quarantined submission',
    description: 'Permanent. A submission that became a lead is deleted with the lead.',
    answers: { 204: 'Deleted.' },
    async handle({ caller, params }) {
      const form = await formOf(caller.workspaceId, params['id']!);
      await submissions.remove(caller.workspaceId, form.id, params['submission_id']!);
      return { status: 204, body: null };
    },
  });

  return [list, accept, remove];
}
