import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Answer, type Ctx, type Route } from '../../http/route.ts';
import type { References } from '../../record/reference.ts';
import { withExactAddresses } from './form-address.ts';
import { previewPage } from './form-page.ts';
import type { FormStore } from './form-store.ts';
import {
  createBody,
  FORM_ID,
  formShape,
  fromPublicId,
  settingsOf,
  shownForm,
  updateBody,
  type Form,
  type FormSettings,
} from './form.ts';

const PATH = '/api/v1/forms';
/** The id of a form that is not saved. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const ONE = `${PATH}/:id`;
const params = { id: FORM_ID };

export interface FormRouteParts {
  store: FormStore;
  references: References;
  recordChange: RecordChange;
  /** Where people reach this installation. */
  baseUrl(): string;
}

/** Forms as records: what a public form asks, and what becomes of what it is told. */
export function formRoutes({ store, references, recordChange: recordChange, baseUrl }: FormRouteParts): Route[] {
  const tag = 'forms';

  const list = route<undefined, PageQuery>({
    method: 'GET',
    path: PATH,
    scope: 'forms:read',
    tag,
    summary: 'List forms',
    query: pageQuery,
    answers: { 200: pageShape(formShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'forms').id : null;
      const rows = await store.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: Form) => encodeCursor({ sort: 'forms', value: row.created_at, id: row.id });
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, (row) => shownForm(row, baseUrl())),
      };
    },
  });

  const create = route<z.output<typeof createBody>>({
    method: 'POST',
    path: PATH,
    scope: 'forms:write',
    tag,
    summary: 'Create a form',
    description: 'The answer holds the address of its page and the line that embeds it.',
    body: createBody,
    answers: { 201: formShape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const settings = withExactAddresses(settingsOf(ctx.body)) as FormSettings;
      await checkOwner(workspaceId, settings);
      const made = await store.create({ workspaceId, actor }, settings, entering(ctx, 201, 'created'));
      const location = `${PATH}/${shownForm(made, '').id}`;
      const rendered = answer(201, made);
      return { ...rendered, headers: { ...rendered.headers, location } };
    },
  });

  const preview = route<z.output<typeof createBody>>({
    method: 'POST',
    path: `${PATH}/preview`,
    scope: 'forms:write',
    tag,
    summary: 'Preview a form',
    description: 'The page of a form that is not saved. Nothing in it runs, and nothing is kept.',
    body: createBody,
    answers: { 200: z.object({ html: z.string() }) },
    handle({ body }) {
      const now = { id: NOBODY, version: 1, created_by: '', created_at: '', updated_at: '' };
      const form: Form = { ...now, ...(withExactAddresses(settingsOf(body)) as FormSettings) };
      return Promise.resolve({ status: 200, body: { html: previewPage(form) } });
    },
  });

  const get = route({
    method: 'GET',
    path: ONE,
    params,
    scope: 'forms:read',
    tag,
    summary: 'Get a form',
    answers: { 200: formShape },
    async handle({ caller, params: { id } }) {
      const form = await store.get(caller.workspaceId, fromPublicId(id!)!);
      if (!form) throw new ApiError('not_found', 'There is no form with this id.');
      return answer(200, form);
    },
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<z.output<typeof updateBody>>({
      method,
      path: ONE,
      params,
      scope: 'forms:write',
      tag,
      summary: 'Update a form',
      description: 'Changes only the settings sent; `fields` are all of them, in their order.',
      body: updateBody,
      supportsIfMatch: true,
      answers: { 200: formShape },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        const id = fromPublicId(ctx.params['id']!)!;
        const current = await store.get(workspaceId, id);
        const change = withExactAddresses(settingsOf(ctx.body as Partial<FormSettings>), current);
        await checkOwner(workspaceId, change, current);
        return answer(
          200,
          await store.update(workspaceId, id, change, ctx.ifMatch, entering(ctx, 200, 'updated')),
        );
      },
    });

  const remove = route({
    method: 'DELETE',
    path: ONE,
    params,
    scope: 'forms:write',
    tag,
    summary: 'Delete a form',
    description: 'Its page answers 404 then, and what was kept aside is gone; its leads stay.',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const id = fromPublicId(ctx.params['id']!)!;
      await store.remove(ctx.caller.workspaceId, id, ctx.ifMatch, entering(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });

  return [list, create, preview, get, update('PATCH'), update('PUT'), remove];

  /** @param current the form that is changed; the owner that it has may stay, though they left since */
  async function checkOwner(
    workspaceId: Uuid,
    settings: Partial<FormSettings>,
    current?: Form,
  ): Promise<void> {
    const [missing] = await references.missing(workspaceId, { owner_id: 'member' }, settings);
    if (!missing || (current && current.owner_id === settings.owner_id)) return;
    throw invalid(missing.field, missing.message);
  }

  function answer(status: number, form: Form): Answer {
    return {
      status,
      body: JSON.stringify(shownForm(form, baseUrl())),
      headers: { etag: `"${form.version}"` },
    };
  }

  /** Enters the change, with its answer, in the change's own transaction. */
  function entering(
    ctx: Ctx<unknown, unknown>,
    status: number,
    done: 'created' | 'updated' | 'deleted',
  ): Parameters<FormStore['create']>[2] {
    return (trx, form) => {
      const auditEntry = {
        action: `form.${done}`,
        objectType: 'form',
        objectId: form.id,
        details: { name: form.name, active: form.active },
      };
      const body = done === 'deleted' ? '' : JSON.stringify(shownForm(form, baseUrl()));
      return recordChange.enter(trx, ctx, auditEntry, { status, body });
    };
  }
}
