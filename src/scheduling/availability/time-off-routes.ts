import type { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { ApiError } from '../../base/errors.ts';
import { instantOrDate } from '../../base/values/time.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import { recordId } from '../../record/fields/record.ts';
import type { References } from '../../record/reference.ts';
import { mayManage } from '../booking-scopes.ts';
import { checkOwned, memberFor } from './member-check.ts';
import type { TimeOffStore } from './time-off-store.ts';
import {
  timeOffCreateBody,
  timeOffShape,
  timeOffUpdateBody,
  type TimeOff,
  type TimeOffChange,
} from './time-off.ts';

const PATH = '/api/v1/time-off';
const ITEM_PATH = `${PATH}/:id`;
const tag = 'time-off';

const listQuery = pageQuery.extend({
  user_id: recordId.optional().meta({ description: 'Of one member.' }),
  from: instantOrDate.optional().meta({ description: 'Only what ends after this time.' }),
  to: instantOrDate.optional().meta({ description: 'Only what starts before this time.' }),
});

export interface TimeOffRouteParts {
  timeOff: TimeOffStore;
  references: References;
  recordChange: RecordChange;
}

type Recorder = ChangeRecorder<TimeOff>;

/** Routes of the time in which members take no appointments. */
export function timeOffRoutes(parts: TimeOffRouteParts): Route[] {
  const recorder = makeChangeRecorder<TimeOff>(parts.recordChange, {
    objectType: 'time_off',
    detailsOf: ({ user_id, starts_at, ends_at }) => ({ user_id, starts_at, ends_at }),
    responseOf: shownTimeOff,
  });
  return [
    listRoute(parts),
    createRoute(parts, recorder),
    getRoute(parts),
    updateRoute('PATCH', parts, recorder),
    updateRoute('PUT', parts, recorder),
    deleteRoute(parts, recorder),
  ];
}

function listRoute({ timeOff }: TimeOffRouteParts): Route {
  return route<undefined, z.output<typeof listQuery>>({
    method: 'GET',
    path: PATH,
    scope: 'booking:read',
    tag,
    summary: 'List time off',
    query: listQuery,
    answers: { 200: pageShape(timeOffShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'time-off').id : null;
      const filter = { userId: query.user_id ?? null, from: query.from ?? null, to: query.to ?? null };
      const rows = await timeOff.list(caller.workspaceId, filter, query.limit + 1, after);
      const cursorOf = (row: TimeOff) =>
        encodeCursor({ sort: 'time-off', value: row.created_at, id: row.id });
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, (row) => shownTimeOff(row, caller)),
      };
    },
  });
}

function createRoute({ timeOff, references }: TimeOffRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof timeOffCreateBody>>({
    method: 'POST',
    path: PATH,
    scope: 'availability:write',
    tag,
    summary: 'Create time off',
    description: 'Appointments in it stay. Members create their own; that of others needs `booking:manage`.',
    body: timeOffCreateBody,
    answers: { 201: timeOffShape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const user_id = await memberFor(references, caller, body.user_id);
      const { starts_at, ends_at, reason } = body;
      const created = await timeOff.create(
        { workspaceId: caller.workspaceId, actor: caller.actor },
        { user_id, starts_at, ends_at, reason },
        recorder(ctx, 201, 'created'),
      );
      const rendered = answer(201, created, caller);
      return { ...rendered, headers: { ...rendered.headers, location: `${PATH}/${created.id}` } };
    },
  });
}

function getRoute({ timeOff }: TimeOffRouteParts): Route {
  return route({
    method: 'GET',
    path: ITEM_PATH,
    scope: 'booking:read',
    tag,
    summary: 'Get time off',
    answers: { 200: timeOffShape },
    async handle({ caller, params }) {
      const found = await timeOff.get(caller.workspaceId, params['id']!);
      if (!found) throw new ApiError('not_found', 'There is no time off with this id.');
      return answer(200, found, caller);
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', { timeOff }: TimeOffRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof timeOffUpdateBody>>({
    method,
    path: ITEM_PATH,
    scope: 'availability:write',
    tag,
    summary: 'Update time off',
    description: 'Changes only the fields sent.',
    body: timeOffUpdateBody,
    supportsIfMatch: true,
    answers: { 200: timeOffShape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const id = ctx.params['id']!;
      checkOwned(caller, await timeOff.get(caller.workspaceId, id), 'time off');
      const change: TimeOffChange = {
        ...(body.starts_at !== undefined && { starts_at: body.starts_at }),
        ...(body.ends_at !== undefined && { ends_at: body.ends_at }),
        ...(body.reason !== undefined && { reason: body.reason }),
      };
      const afterWrite = recorder(ctx, 200, 'updated');
      const updated = await timeOff.update(caller.workspaceId, id, change, ctx.ifMatch, afterWrite);
      return answer(200, updated, caller);
    },
  });
}

function deleteRoute({ timeOff }: TimeOffRouteParts, recorder: Recorder): Route {
  return route({
    method: 'DELETE',
    path: ITEM_PATH,
    scope: 'availability:write',
    tag,
    summary: 'Delete time off',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = ctx.params['id']!;
      checkOwned(ctx.caller, await timeOff.get(workspaceId, id), 'time off');
      await timeOff.remove(workspaceId, id, ctx.ifMatch, recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}

/** Without the reason for colleagues who may not change it. */
function shownTimeOff(item: TimeOff, caller: Caller): TimeOff {
  return mayManage(caller, item.user_id) ? item : { ...item, reason: null };
}

function answer(status: number, item: TimeOff, caller: Caller): Answer {
  return {
    status,
    body: JSON.stringify(shownTimeOff(item, caller)),
    headers: { etag: `"${item.version}"` },
  };
}
