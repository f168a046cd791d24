import type { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { ApiError } from '../../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import { makeChangeRecorder, type ChangeRecorder } from '../../http/change-recorder.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Answer, type Route } from '../../http/route.ts';
import { recordId } from '../../record/fields/record.ts';
import type { References } from '../../record/reference.ts';
import { checkOwned, memberFor } from './member-check.ts';
import {
  scheduleCreateBody,
  scheduleShape,
  scheduleUpdateBody,
  shownSchedule,
  storedSchedule,
} from './schedule-schema.ts';
import type { NewSchedule, ScheduleStore } from './schedule-store.ts';
import type { Schedule } from './schedule.ts';

const PATH = '/api/v1/schedules';
const ITEM_PATH = `${PATH}/:id`;
const tag = 'schedules';

const listQuery = pageQuery.extend({
  user_id: recordId.optional().meta({ description: 'Of one member.' }),
});

export interface ScheduleRouteParts {
  schedules: ScheduleStore;
  references: References;
  recordChange: RecordChange;
  workspaceSettings: WorkspaceSettingsStore;
}

type Recorder = ChangeRecorder<Schedule>;

/** Routes of the working hours of members. */
export function scheduleRoutes(parts: ScheduleRouteParts): Route[] {
  const recorder = makeChangeRecorder<Schedule>(parts.recordChange, {
    objectType: 'schedule',
    detailsOf: ({ name, user_id: userId }) => ({ name, user_id: userId }),
    responseOf: shownSchedule,
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

function listRoute({ schedules }: ScheduleRouteParts): Route {
  return route<undefined, z.output<typeof listQuery>>({
    method: 'GET',
    path: PATH,
    scope: 'booking:read',
    tag,
    summary: 'List schedules',
    description: 'Working hours of members, oldest first.',
    query: listQuery,
    answers: { 200: pageShape(scheduleShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'schedules').id : null;
      const rows = await schedules.list(caller.workspaceId, query.user_id ?? null, query.limit + 1, after);
      const cursorOf = (row: Schedule) =>
        encodeCursor({ sort: 'schedules', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, shownSchedule) };
    },
  });
}

function createRoute(parts: ScheduleRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof scheduleCreateBody>>({
    method: 'POST',
    path: PATH,
    scope: 'availability:write',
    tag,
    summary: 'Create a schedule',
    description:
      "The member's first schedule becomes the default one. Members create their own; those of others need `booking:manage`.",
    body: scheduleCreateBody,
    answers: { 201: scheduleShape },
    async handle(ctx) {
      const { body, caller } = ctx;
      const { workspaceId, actor } = caller;
      const userId = await memberFor(parts.references, caller, body.user_id);
      const timeZone = body.time_zone ?? (await parts.workspaceSettings.get(workspaceId)).time_zone;
      const stored = storedSchedule({ ...body, time_zone: timeZone });
      const input = { ...stored, user_id: userId, is_default: body.is_default } as NewSchedule;
      const schedule = await parts.schedules.create(
        { workspaceId, actor },
        input,
        recorder(ctx, 201, 'created'),
      );
      const rendered = answer(201, schedule);
      return { ...rendered, headers: { ...rendered.headers, location: `${PATH}/${schedule.id}` } };
    },
  });
}

function getRoute({ schedules }: ScheduleRouteParts): Route {
  return route({
    method: 'GET',
    path: ITEM_PATH,
    scope: 'booking:read',
    tag,
    summary: 'Get a schedule',
    answers: { 200: scheduleShape },
    async handle({ caller, params }) {
      const schedule = await schedules.get(caller.workspaceId, params['id']!);
      if (!schedule) throw new ApiError('not_found', 'There is no schedule with this id.');
      return answer(200, schedule);
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', { schedules }: ScheduleRouteParts, recorder: Recorder): Route {
  return route<z.output<typeof scheduleUpdateBody>>({
    method,
    path: ITEM_PATH,
    scope: 'availability:write',
    tag,
    summary: 'Update a schedule',
    description: 'Changes only the fields sent; `rules` and `overrides` replace the whole list.',
    body: scheduleUpdateBody,
    supportsIfMatch: true,
    answers: { 200: scheduleShape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = ctx.params['id']!;
      checkOwned(ctx.caller, await schedules.get(workspaceId, id), 'schedule');
      const afterWrite = recorder(ctx, 200, 'updated');
      const change = storedSchedule(ctx.body);
      return answer(200, await schedules.update(workspaceId, id, change, ctx.ifMatch, afterWrite));
    },
  });
}

function deleteRoute({ schedules }: ScheduleRouteParts, recorder: Recorder): Route {
  return route({
    method: 'DELETE',
    path: ITEM_PATH,
    scope: 'availability:write',
    tag,
    summary: 'Delete a schedule',
    description:
      '409 if a booking page names it. Without any, a member works Monday to Friday, 9:00 to 17:00.',
    supportsIfMatch: true,
    answers: { 204: 'Deleted.' },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const id = ctx.params['id']!;
      checkOwned(ctx.caller, await schedules.get(workspaceId, id), 'schedule');
      await schedules.remove(workspaceId, id, ctx.ifMatch, recorder(ctx, 204, 'deleted'));
      return { status: 204, body: null };
    },
  });
}

function answer(status: number, schedule: Schedule): Answer {
  return {
    status,
    body: JSON.stringify(shownSchedule(schedule)),
    headers: { etag: `"${schedule.version}"` },
  };
}
