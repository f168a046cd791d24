import { z } from 'zod';
import { recordScopes } from '../../account/scope.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { withExactAddresses } from '../../http/public/page-address.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import type { References } from '../../record/reference.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import { previewPage, type LogoOf } from './form-page.ts';
import type { FormStore } from './form-store.ts';
import {
  createBody,
  FORM_ID,
  formShape,
  fromPublicId,
  publicId,
  settingsOf,
  shownForm,
  updateBody,
  type Form,
  type FormSettings,
} from './form.ts';

export const FORM_SCOPES = recordScopes({ plural: 'forms', pluralLabel: 'Forms' }, 'manager');

const PATH = '/api/v1/forms';
/** The id of a form that is not saved. */
const UNSAVED_ID = '00000000-0000-0000-0000-000000000000';
const ITEM_PATH = `${PATH}/:id`;
const params = { id: FORM_ID };

export interface FormRouteParts {
  store: FormStore;
  references: References;
  recordChange: RecordChange;
  /** The public URL of this installation. */
  baseUrl(): string;
  logoOf: LogoOf;
}

const tag = 'forms';
type Recorder = ChangeRecorder<Form>;

/** Routes that manage forms. */
export function formRoutes(parts: FormRouteParts): Route[] {
  const { baseUrl } = parts;
  const recorder = makeChangeRecorder<Form>(parts.recordChange, {
    objectType: 'form',
    detailsOf: ({ name, active }) => ({ name, active }),
    responseOf: (form) => shownForm(form, baseUrl()),
  });
  return [
    listRoute(parts),
    createRoute(parts, recorder),
    previewRoute(parts),
    getRoute(parts),
    updateRoute('PATCH', parts, recorder),
    updateRoute('PUT', parts, recorder),
    deleteRoute(parts, recorder),
  ];
}

function listRoute({ store, baseUrl }: FormRouteParts): Route {
  return route<undefined, PageQuery>({
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
}

function createRoute(parts: FormRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof createBody>>({
    method: 'POST',
    path: PATH,
    scope: 'forms:write',
    tag,
    summary: 'Create a form',
    description: 'The response holds the URL of its page and the line of HTML that embeds it.',
    body: createBody,
    answers: { 201: formShape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const settings = withExactAddresses(settingsOf(ctx.body)) as FormSettings;
      await checkOwner(parts, workspaceId, settings);
      const form = await parts.store.create({ workspaceId, actor }, settings, recorder(ctx, 201, 'created'));
      const rendered = answer(201, form, parts.baseUrl());
      return { ...rendered, headers: { ...rendered.headers, location: `${PATH}/${publicId(form.id)}` } };
    },
  });
}

function previewRoute({ logoOf }: FormRouteParts): Route {
  return route<z.output<typeof createBody>>({
    method: 'POST',
    path: `${PATH}/preview`,
    scope: 'forms:write',
    tag,
    summary: 'Preview a form',
    description: 'Returns the page of a form without saving it. The page has no scripts and cannot be sent.',
    body: createBody,
    answers: { 200: z.object({ html: z.string() }) },
    async handle({ body, caller }) {
      const unsaved = { id: UNSAVED_ID, version: 1, created_by: '', created_at: '', updated_at: '' };
      const form: Form = { ...unsaved, ...(withExactAddresses(settingsOf(body)) as FormSettings) };
      const logo = (await logoOf(caller.workspaceId)) ?? null;
      return { status: 200, body: { html: previewPage(form, logo) } };
    },
  });
}

function getRoute({ store, baseUrl }: FormRouteParts): Route {
  return route({
    method: 'GET',
    path: ITEM_PATH,
    params,
    scope: 'forms:read',
    tag,
    summary: 'Get a form',
    answers: { 200: formShape },
    async handle({ caller, params: { id } }) {
      const form = await store.get(caller.workspaceId, fromPublicId(id!)!);
      if (!form) throw new ApiError('not_found', 'There is no form with this id.');
      return answer(200, form, baseUrl());
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: FormRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof updateBody>>({
    method,
    path: ITEM_PATH,
    params,
    scope: 'forms:write',
    tag,
    summary: 'Update a form',
    description: 'Changes only the settings sent; `fields` replaces all fields, in order.',
    body: updateBody,
    supportsIfMatch: true,
    answers: { 200: formShape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = fromPublicId(ctx.params['id']!)!;
      const current = await parts.store.get(workspaceId, id);
      const change = withExactAddresses(settingsOf(ctx.body as Partial<FormSettings>), current);
      await checkOwner(parts, workspaceId, change, current);
      const afterWrite = recorder(ctx, 200, 'updated');
      const form = await parts.store.update(workspaceId, id, change, ctx.ifMatch, afterWrite);
      return answer(200, form, parts.baseUrl());
    },
  });
}

function deleteRoute({ store }: FormRouteParts, recorder: Recorder): Route {
  return route({
    method: 'DELETE',
    path: ITEM_PATH,
    params,
    scope: 'forms:write',
    tag,
    summary: 'Delete a form',
    description: 'Its page then answers 404. Quarantined submissions are deleted; its leads stay.',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const id = fromPublicId(ctx.params['id']!)!;
      await store.remove(ctx.caller.workspaceId, id, ctx.ifMatch, recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}

/** @param current the form before the change; its owner may stay, even after leaving the workspace */
async function checkOwner(
  { references }: FormRouteParts,
  workspaceId: Uuid,
  settings: Partial<FormSettings>,
  current?: Form,
): Promise<void> {
  const [missing] = await references.missing(workspaceId, { owner_id: 'member' }, settings);
  if (!missing || (current && current.owner_id === settings.owner_id)) return;
  throw invalid(missing.field, missing.message);
}

function answer(status: number, form: Form, baseUrl: string): Answer {
  return {
    status,
    body: JSON.stringify(shownForm(form, baseUrl)),
    headers: { etag: `"${form.version}"` },
  };
}
