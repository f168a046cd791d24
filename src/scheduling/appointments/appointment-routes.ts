import { z } from 'zod';
import { instant } from '../../base/values/time.ts';
import { text } from '../../base/values/text.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { route, type Answer, type Ctx, type Route } from '../../http/route.ts';
import type { Change } from '../../record/noun.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import { writerOf } from '../../record/record-create-routes.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Appointment, AppointmentInput, AppointmentStatus } from './appointment.ts';
import type { OverlapConstraint } from './overlap-constraint.ts';

const MAX_REASON = 1000;
const MINUTE_MS = 60_000;

const reason = text(MAX_REASON).optional();

const rescheduleBody = z.strictObject({
  start: instant.optional().meta({ description: 'New start.' }),
  starts_at: instant.optional().meta({ description: 'Another name for `start`.' }),
  duration: z
    .int()
    .min(1)
    .max(44_640)
    .optional()
    .meta({ description: 'New duration, in minutes; default: as before.' }),
  reason: reason.meta({ description: 'Why; stored as `reschedule_reason`.' }),
});

const cancelBody = optionalBody(
  z.strictObject({ reason: reason.meta({ description: 'Why; stored as `cancel_reason`.' }) }),
);
const emptyBody = optionalBody(z.strictObject({}));

function optionalBody<Shape extends z.ZodObject>(shape: Shape) {
  return z.preprocess((sent) => sent ?? {}, shape);
}

export interface AppointmentRouteParts {
  appointments: RecordService<Appointment, AppointmentInput>;
  shown: RecordAnswer<Appointment>;
  constraint: OverlapConstraint;
}

/** What can be done with an appointment, each as one change of it; PATCH does the same. */
export function appointmentRoutes(parts: AppointmentRouteParts): Route[] {
  return [
    settingsRoute(parts.constraint),
    command<z.output<typeof rescheduleBody>>(parts, {
      verb: 'reschedule',
      summary: 'Move an appointment',
      description:
        'Fires `appointment.rescheduled`. 409 `slot_taken` if the host has another appointment at this time.',
      body: rescheduleBody,
      changeOf: movedTo,
    }),
    command<z.output<typeof cancelBody>>(parts, {
      verb: 'cancel',
      summary: 'Cancel an appointment',
      description: 'Fires `appointment.canceled`; one that is canceled stays as it is.',
      body: cancelBody,
      changeOf: ({ status }, { reason: why = null }) =>
        status === 'canceled' ? {} : { status: 'canceled', cancel_reason: why },
    }),
    command(parts, {
      verb: 'confirm',
      summary: 'Confirm a requested appointment',
      description: 'Fires `appointment.booked`; one that is booked stays as it is.',
      body: emptyBody,
      changeOf: (current) => statusOf(current, 'booked'),
    }),
    command(parts, {
      verb: 'no-show',
      summary: 'Mark that the guest did not come',
      description: 'Fires `appointment.no_show`.',
      body: emptyBody,
      changeOf: (current) => statusOf(current, 'no_show'),
    }),
  ];
}

interface Command<Body> {
  verb: string;
  summary: string;
  description: string;
  body: z.ZodType<Body>;
  changeOf(current: Appointment, body: Body): Change<AppointmentInput>;
}

function command<Body>(
  { appointments, shown }: AppointmentRouteParts,
  { verb, summary, description, body, changeOf }: Command<Body>,
): Route {
  return route<Body>({
    method: 'POST',
    path: `/api/v1/appointments/:id/${verb}`,
    scope: 'appointments:write',
    tag: 'appointments',
    summary,
    description: `${description} With If-Match, 412 if the version differs.`,
    body,
    supportsIfMatch: true,
    answers: { 200: shown.output },
    async handle(ctx) {
      const current = await existing(ctx);
      const change = changeOf(current, ctx.body);
      return appointments.update(
        {
          writer: writerOf(ctx),
          id: current.id,
          expected: ctx.ifMatch,
          answer: (record) => ({ status: 200, body: JSON.stringify(record) }),
        },
        { change, source: { ...ctx, sent: change } },
      );
    },
    ...(shown.computed.length > 0 && {
      async render(answer: Answer, { caller }: { caller: { workspaceId: Uuid } }) {
        if (typeof answer.body !== 'string') return answer;
        return { ...answer, body: await shown.completeText(caller.workspaceId, answer.body) };
      },
    }),
  });

  async function existing({ caller, params }: Ctx<unknown, unknown>): Promise<Appointment> {
    const found = await appointments.store.find(caller.workspaceId, params['id']!);
    if (!found) throw new ApiError('not_found', 'There is no appointment with this id.');
    return found;
  }
}

function movedTo(
  current: Appointment,
  { start, starts_at: startsAt = start, duration, reason: why = null }: z.output<typeof rescheduleBody>,
): Change<AppointmentInput> {
  if (startsAt === undefined) throw invalid('start', 'is required');
  const startMs = Date.parse(startsAt);
  const keptMs = Date.parse(current.ends_at) - Date.parse(current.starts_at);
  const endMs = startMs + (duration === undefined ? keptMs : duration * MINUTE_MS);
  const isSame = startMs === Date.parse(current.starts_at) && endMs === Date.parse(current.ends_at);
  if (isSame) return {};
  return {
    starts_at: new Date(startMs).toISOString(),
    ends_at: new Date(endMs).toISOString(),
    reschedule_reason: why,
  };
}

function statusOf({ status }: Appointment, next: AppointmentStatus): Change<AppointmentInput> {
  return status === next ? {} : { status: next };
}

/** Whether appointments can be booked, for Settings. */
function settingsRoute(constraint: OverlapConstraint): Route {
  return route({
    method: 'GET',
    path: '/api/v1/appointment-settings',
    scope: 'appointments:read',
    tag: 'appointments',
    summary: 'Get whether appointments are on',
    description:
      'They are off where the database lacks the extension `btree_gist` and its role may not create it; `sql` is what to run then.',
    answers: {
      200: z
        .object({
          enabled: z.boolean(),
          sql: z.string().nullable().meta({ description: 'Run it as a superuser of the database.' }),
        })
        .meta({ id: 'AppointmentSettings' }),
    },
    async handle() {
      const enabled = await constraint.exists();
      return { status: 200, body: { enabled, sql: enabled ? null : await constraint.extensionSql() } };
    },
  });
}
