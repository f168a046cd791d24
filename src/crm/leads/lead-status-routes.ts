import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageShape } from '../../http/paging.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import { requiredText } from '../../base/values/text.ts';
import { KINDS, type LeadStatus, type LeadStatuses, type StatusChange } from './lead-status.ts';

const PATH = '/api/v1/lead-statuses';

const shape = z
  .object({
    id: z.uuid(),
    key: z
      .string()
      .meta({ description: 'What leads hold as their `status`; it stays when the name changes.' }),
    name: z.string(),
    kind: z.enum(KINDS).meta({ description: 'Whether a lead that has it is open, won or lost.' }),
    position: z.int().meta({ description: 'Counts from 1.' }),
    is_built_in: z.boolean().meta({ description: 'It is always there.' }),
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
  name: requiredText(100).meta({ description: 'Unlike every other, whatever the case.' }),
  kind: z.enum(KINDS).optional().meta({ description: 'Default: open.' }),
  position: z.int().min(1).max(50).optional().meta({ description: 'Default: the last.' }),
});

/** The statuses of a workspace's leads. */
export function leadStatusRoutes(statuses: LeadStatuses, recordChange: RecordChange): Route[] {
  const common = { tag: 'leads', scope: 'leads:write' } as const;

  const list = route({
    ...common,
    scope: 'leads:read',
    method: 'GET',
    path: PATH,
    summary: 'List lead statuses',
    description: 'All of them, in their order.',
    answers: { 200: pageShape(shape) },
    async handle({ caller }) {
      const data = await statuses.listFor(caller.workspaceId);
      return { status: 200, body: { data, has_more: false, next_cursor: null, next_url: null } };
    },
  });

  const create = route<z.output<typeof body>>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create a lead status',
    description: '409 where there is one of this name, whatever the case.',
    body,
    answers: { 201: shape },
    async handle(ctx) {
      const made = await statuses.create(ctx.caller, ctx.body, entering(ctx, 201, 'created'));
      return { status: 201, body: made, headers: { location: `${PATH}/${made.id}` } };
    },
  });

  const get = route({
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

  const update = (method: 'PATCH' | 'PUT') =>
    route<StatusChange>({
      ...common,
      method,
      path: `${PATH}/:id`,
      summary: 'Change a lead status',
      description: 'Its name, its kind, its place. Leads keep the status that they have.',
      body: body.partial(),
      answers: { 200: shape },
      async handle(ctx) {
        const id = ctx.params['id']!;
        const changed = await statuses.change(ctx.caller, id, ctx.body, entering(ctx, 200, 'updated'));
        return { status: 200, body: changed };
      },
    });

  const remove = route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a lead status',
    description: '409 for one that is always there or that a lead has.',
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      await statuses.remove(ctx.caller, ctx.params['id']!, entering(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });

  return [list, create, get, update('PATCH'), update('PUT'), remove];

  /** Enters the change, with its answer, in the change's own transaction. */
  function entering(
    ctx: Ctx<unknown, unknown>,
    status: number,
    done: 'created' | 'updated' | 'deleted',
  ): Parameters<LeadStatuses['create']>[2] {
    return (trx, item: LeadStatus) =>
      recordChange.enter(
        trx,
        ctx,
        {
          action: `lead_status.${done}`,
          objectType: 'lead_status',
          objectId: item.id,
          details: { name: item.name },
        },
        { status, body: done === 'deleted' ? '' : JSON.stringify(item) },
      );
  }
}
