import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { requiredText } from '../../base/values/text.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { InboxRequest } from '../../delivery/inbox/inbox-request.ts';
import { inboxNotFound, type Inbox, type Inboxes } from '../../delivery/inbox/inbox.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';

interface InboxParts {
  inboxes: Inboxes;
  recorder: ChangeRecorder<Inbox>;
}

const PATH = '/api/v1/inboxes';

const changeable = {
  name: requiredText(100),
  status: z.int().min(200).max(599).meta({
    description: 'The status that it responds with, such as 500 to test retries.',
  }),
};

/** Set by the server and ignored in requests, so that clients can send back what they read. */
const ignored = Object.fromEntries(
  ['id', 'url', 'created_by', 'created_at', 'expires_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true }),
  ]),
);

const createBody = z.strictObject({ ...changeable, status: changeable.status.default(200), ...ignored });
const updateBody = z.strictObject({ ...z.object(changeable).partial().shape, ...ignored });

const inboxShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    url: z.string().meta({ description: 'The URL to send requests to. Anyone who knows it can use it.' }),
    status: z.int(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Inbox' });

const requestShape = z
  .object({
    id: z.uuid(),
    method: z.string(),
    query: z.string().meta({ description: 'The query with its `?`; usually empty.' }),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).meta({
      description:
        'As received, including secrets; values of custom headers of a webhook of this installation are masked.',
    }),
    body: z.string(),
    body_encoding: z.enum(['utf-8', 'base64']).meta({ description: 'base64 if the body is not text.' }),
    size: z.int().meta({ description: 'Size of the body in bytes.' }),
    signed: z.boolean().nullable().meta({
      description:
        'Whether a webhook of the workspace that sends to this inbox signed it with its secret of that time; null if no such webhook signs.',
    }),
    received_at: z.iso.datetime(),
  })
  .meta({ id: 'InboxRequest' });

const common = { scope: 'webhooks:manage', tag: 'test inboxes' } as const;
const reading = { ...common, scope: 'webhooks:read' } as const;

/** Test inbox routes. */
export function inboxRoutes(inboxes: Inboxes, recordChange: RecordChange): Route[] {
  const recorder = makeChangeRecorder<Inbox>(recordChange, {
    objectType: 'inbox',
    detailsOf: ({ name }) => ({ name }),
    responseOf: (inbox, { workspaceId }) => showInbox({ inboxes }, workspaceId, inbox),
  });
  const parts = { inboxes, recorder };
  return [
    listRoute(parts),
    createRoute(parts),
    getRoute(parts),
    requestsRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    deleteRoute(parts),
  ];
}

function listRoute(parts: InboxParts): Route {
  const { inboxes } = parts;
  return route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: PATH,
    summary: 'List test inboxes',
    query: pageQuery,
    answers: { 200: pageShape(inboxShape) },
    async handle({ caller, query, url }) {
      const { workspaceId } = caller;
      const after = query.cursor ? decodeCursor(query.cursor, 'inboxes').id : null;
      const rows = await inboxes.list(workspaceId, query.limit + 1, after);
      const cursorOf = (row: Inbox) => encodeCursor({ sort: 'inboxes', value: row.created_at, id: row.id });
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, (row) => showInbox(parts, workspaceId, row)),
      };
    },
  });
}

function createRoute(parts: InboxParts): Route {
  const { inboxes } = parts;
  return route<z.output<typeof createBody>>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a test inbox',
    description:
      'A URL that accepts any request of up to 256 KiB and shows the last 100. It is deleted after 7 days; a workspace has at most 10.',
    body: createBody,
    answers: { 201: inboxShape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      const { name, status } = ctx.body;
      const made = await inboxes.create(
        { workspaceId, actor },
        { name, status },
        parts.recorder(ctx, 201, 'created'),
      );
      return {
        status: 201,
        body: showInbox(parts, workspaceId, made),
        headers: { location: `${PATH}/${made.id}` },
      };
    },
  });
}

function getRoute(parts: InboxParts): Route {
  return route({
    ...reading,
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Get a test inbox',
    answers: { 200: inboxShape },
    handle: async (ctx) => ({
      status: 200,
      body: showInbox(parts, ctx.caller.workspaceId, await findInbox(parts, ctx)),
    }),
  });
}

function requestsRoute(parts: InboxParts): Route {
  const { inboxes } = parts;
  return route<undefined, PageQuery>({
    ...reading,
    method: 'GET',
    path: `${PATH}/:id/requests`,
    summary: 'List requests of a test inbox',
    hasSecrets: true,
    description: 'Newest first.',
    query: pageQuery,
    answers: { 200: pageShape(requestShape) },
    async handle(ctx) {
      const inbox = await findInbox(parts, ctx);
      const { query, url, caller } = ctx;
      const after = query.cursor ? decodeCursor(query.cursor, 'requests').id : null;
      const rows = await inboxes.requests(caller.workspaceId, inbox.id, query.limit + 1, after);
      const cursorOf = (row: InboxRequest) =>
        encodeCursor({ sort: 'requests', value: row.received_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, showRequest) };
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: InboxParts): Route {
  const { inboxes } = parts;
  return route<z.output<typeof updateBody>>({
    ...common,
    method,
    path: `${PATH}/:id`,
    summary: 'Update a test inbox',
    body: updateBody,
    answers: { 200: inboxShape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const { name, status } = ctx.body;
      const change = { ...(name !== undefined && { name }), ...(status !== undefined && { status }) };
      const changed = await inboxes.update(
        workspaceId,
        ctx.params['id']!,
        change,
        parts.recorder(ctx, 200, 'updated'),
      );
      return { status: 200, body: showInbox(parts, workspaceId, changed) };
    },
  });
}

function deleteRoute(parts: InboxParts): Route {
  const { inboxes } = parts;
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a test inbox',
    description: 'Deletes its requests too.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await inboxes.remove(ctx.caller.workspaceId, ctx.params['id']!, parts.recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}

async function findInbox({ inboxes }: InboxParts, { caller, params }: Ctx<unknown, unknown>): Promise<Inbox> {
  const inbox = await inboxes.get(caller.workspaceId, params['id']!);
  if (!inbox) throw inboxNotFound();
  return inbox;
}

function showInbox({ inboxes }: Pick<InboxParts, 'inboxes'>, workspaceId: Uuid, inbox: Inbox) {
  const { secret: _secret, id, name, ...rest } = inbox;
  return { id, name, url: inboxes.urlOf(workspaceId, inbox), ...rest };
}

function showRequest({ id, method, query, headers, body, signed, received_at }: InboxRequest) {
  const isText = isUtf8(body);
  return {
    id,
    method,
    query,
    headers: headers.map(([name, value]) => ({ name, value })),
    body: body.toString(isText ? 'utf8' : 'base64'),
    body_encoding: isText ? 'utf-8' : 'base64',
    size: body.length,
    signed,
    received_at,
  };
}
