import { z } from 'zod';
import { ApiError } from '../../../base/errors.ts';
import type { RecordChange } from '../../../http/record-change.ts';
import { pageShape } from '../../../http/paging.ts';
import { route, type Route } from '../../../http/route.ts';
import { requiredText } from '../../../base/values/text.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../../http/change-recorder.ts';
import { KINDS, type LeadStatus, type LeadStatuses, type StatusChange } from './lead-status.ts';

const PATH = '/api/v1/lead-statuses';

const shape = z
  .object({
    id: z.uuid(),
    key: z
      .string()
      .meta({ description: 'The value of the `status` field of leads; it stays when the name changes.' }),
    name: z.string(),
    kind: z.enum(KINDS).meta({ description: 'Whether a lead with this status is open, won or lost.' }),
    position: z.int().meta({ description: 'Position in the list, from 1.' }),
    is_built_in: z.boolean().meta({ description: 'Whether the status is built in and cannot be deleted.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'LeadStatus' });

const ignored = Object.fromEntries(
  ['id', 'key', 'is_built_in', 'created_by', 'created_at', 'updated_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
  ]),
);

const body = z.strictObject({
  ...ignored,
  name: requiredText(100).meta({ description: 'Unique, ignoring case.' }),
  kind: z.enum(KINDS).optional().meta({ description: 'Default: open.' }),
  position: z.int().min(1).max(50).optional().meta({ description: 'Default: last.' }),
});

const common = { tag: 'leads', scope: 'leads:write' } as const;

/** The routes of a workspace's lead statuses. */
export function leadStatusRoutes(statuses: LeadStatuses, recordChange: RecordChange): Route[] {
  const changeRecorder = makeChangeRecorder<LeadStatus>(recordChange, {
    objectType: 'lead_status',
    detailsOf: ({ name }) => ({ name }),
  });
  return [
    listRoute(statuses),
    createRoute(statuses, changeRecorder),
    getRoute(statuses),
    updateRoute('PATCH', statuses, changeRecorder),
    updateRoute('PUT', statuses, changeRecorder),
    deleteRoute(statuses, changeRecorder),
  ];
}

function listRoute(statuses: LeadStatuses): Route {
  return route({
    ...common,
    scope: 'leads:read',
    method: 'GET',
    path: PATH,
    summary: 'List lead statuses',
    description: 'All of them, in order.',
    answers: { 200: pageShape(shape) },
    async handle({ caller }) {
      const data = await statuses.listFor(caller.workspaceId);
      return { status: 200, body: { data, has_more: false, next_cursor: null, next_url: null } };
    },
  });
}

function createRoute(statuses: LeadStatuses, changeRecorder: ChangeRecorder<LeadStatus>): Route {
  return route<z.output<typeof body>>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a lead status',
    description: '409 if one with this name exists, ignoring case.',
    body,
    answers: { 201: shape },
    async handle(ctx) {
      const status = await statuses.create(ctx.caller, ctx.body, changeRecorder(ctx, 201, 'created'));
      return { status: 201, body: status, headers: { location: `${PATH}/${status.id}` } };
    },
  });
}

function getRoute(statuses: LeadStatuses): Route {
  return route({
    ...common,
    scope: 'leads:read',
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Get a lead status',
    answers: { 200: shape },
    async handle({ caller, params }) {
      const found = (await statuses.listFor(caller.workspaceId)).find(({ id }) => id === params['id']);
      if (!found) throw new ApiError('not_found', 'There is no lead status with this id.');
      return { status: 200, body: found };
    },
  });
}

function updateRoute(
  method: 'PATCH' | 'PUT',
  statuses: LeadStatuses,
  changeRecorder: ChangeRecorder<LeadStatus>,
): Route {
  return route<StatusChange>({
    ...common,
    method,
    path: `${PATH}/:id`,
    summary: 'Update a lead status',
    description: 'Changes its name, kind or position. Leads keep their status.',
    body: body.partial(),
    answers: { 200: shape },
    async handle(ctx) {
      const afterWrite = changeRecorder(ctx, 200, 'updated');
      const changed = await statuses.change(ctx.caller, ctx.params['id']!, ctx.body, afterWrite);
      return { status: 200, body: changed };
    },
  });
}

function deleteRoute(statuses: LeadStatuses, changeRecorder: ChangeRecorder<LeadStatus>): Route {
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a lead status',
    description: '409 for a built-in status, and for one that a lead has.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await statuses.remove(ctx.caller, ctx.params['id']!, changeRecorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}
