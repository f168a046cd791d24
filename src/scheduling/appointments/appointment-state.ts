import { ApiError, invalid } from '../../base/errors.ts';
import type { WriteContext } from '../../record/noun.ts';

/** The fields that the rules of an appointment look at. */
export interface AppointmentState {
  id: string;
  ical_uid: string | null;
  title: string;
  starts_at: string;
  ends_at: string;
  blocked_from: string | null;
  blocked_until: string | null;
  status: 'pending' | 'booked' | 'canceled' | 'completed' | 'no_show';
  host_id: string | null;
  location: string | null;
  sequence: number;
  reschedule_count: number;
  rescheduled_by: ActedBy | null;
  reschedule_reason: string | null;
  canceled_at: string | null;
  canceled_by: ActedBy | null;
  cancel_reason: string | null;
}

export type ActedBy = 'guest' | 'host' | 'api' | 'system';

/** What an enrich step or a command knows besides the fields. */
export interface AppointmentResolution {
  /** Minutes that stay free before and after it; default: those that it has. */
  buffers?: { beforeMin: number; afterMin: number };
  /** False: it takes place at the same time as others, as a booking of another system may. */
  blocks?: boolean;
  /** Whether `ends_at` was sent. */
  hasEnd?: boolean;
  /** Who acts; default: by the actor. */
  by?: ActedBy;
  /** Read-only fields of a new appointment. */
  origin?: object;
  /** The domain of the UID in calendars. */
  uidDomain?: string;
}

const DEFAULT_MINUTES = 30;
const MINUTE_MS = 60_000;
/** A month. */
const MAX_MINUTES = 44_640;

/** The actor of what a guest does with the link of an appointment. */
export const GUEST = 'guest';

/** Changes of the status that make sense, besides cancelation. */
const NEXT: Readonly<Record<AppointmentState['status'], readonly AppointmentState['status'][]>> = {
  pending: ['booked', 'canceled'],
  booked: ['canceled', 'completed', 'no_show'],
  completed: ['no_show', 'booked', 'canceled'],
  no_show: ['completed', 'booked', 'canceled'],
  canceled: [],
};

/**
 * An appointment with the fields that follow from others. Throws `validation_error` for impossible times, and `conflict`
 * for a change of status that is not possible.
 * @param before null for a new one
 */
export function appointmentAfter<R extends AppointmentState>(
  next: R,
  before: R | null,
  { at, actor, resolved }: WriteContext,
): R {
  const {
    buffers,
    blocks = true,
    hasEnd = false,
    by = actedBy(actor),
    origin,
    uidDomain = 'localhost',
  } = resolved as AppointmentResolution;
  const times = timesOf(next, before, hasEnd);
  const known = { ...next, ...origin, ...times, ical_uid: next.ical_uid ?? `${next.id}@${uidDomain}` };
  const blocked = blocks ? blockOf(known, before, buffers) : { blocked_from: null, blocked_until: null };
  if (before === null) return { ...known, ...blocked };
  checkStatus(before.status, known.status);
  const isMoved =
    !isSameTime(before.starts_at, times.starts_at) || !isSameTime(before.ends_at, times.ends_at);
  if (isMoved && before.status === 'canceled')
    throw new ApiError('conflict', 'The appointment is canceled; book another one.', {
      fields: [{ field: 'status', message: 'is canceled' }],
    });
  const isCanceled = before.status !== 'canceled' && known.status === 'canceled';
  const isShown =
    isMoved ||
    isCanceled ||
    (before.status === 'pending' && known.status === 'booked') ||
    (['title', 'host_id', 'location'] as const).some((name) => before[name] !== known[name]);
  return {
    ...known,
    ...blocked,
    sequence: before.sequence + (isShown ? 1 : 0),
    ...(isMoved && {
      reschedule_count: before.reschedule_count + 1,
      rescheduled_by: by,
      reschedule_reason:
        known.reschedule_reason === before.reschedule_reason ? null : known.reschedule_reason,
    }),
    ...(isCanceled && { canceled_at: at, canceled_by: by }),
  };
}

/** The events of a change, in order. */
export function appointmentEvents(before: AppointmentState, after: AppointmentState): string[] {
  const isMoved =
    !isSameTime(before.starts_at, after.starts_at) || !isSameTime(before.ends_at, after.ends_at);
  const events = isMoved && before.status !== 'pending' ? ['appointment.rescheduled'] : [];
  if (before.status !== after.status) {
    if (after.status === 'booked')
      events.push(before.status === 'pending' ? 'appointment.booked' : 'appointment.updated');
    else events.push(`appointment.${after.status}`);
  }
  return events.length > 0 ? events : ['appointment.updated'];
}

/** Who acts, by the actor of a write. */
function actedBy(actor: string): ActedBy {
  if (actor === GUEST) return 'guest';
  if (actor.startsWith('user:')) return 'host';
  return actor.startsWith('api_key:') ? 'api' : 'system';
}

function checkStatus(before: AppointmentState['status'], after: AppointmentState['status']): void {
  if (before === after || NEXT[before].includes(after)) return;
  const message =
    before === 'canceled'
      ? 'The appointment is canceled; book another one.'
      : `An appointment that is ${before} cannot become ${after}.`;
  throw new ApiError('conflict', message, { fields: [{ field: 'status', message: `is ${before}` }] });
}

/** Start and end in the format of the API. A new start keeps the duration. */
function timesOf(next: AppointmentState, before: AppointmentState | null, hasEnd: boolean) {
  const start = Date.parse(next.starts_at);
  const isStartMoved = before !== null && Date.parse(before.starts_at) !== start;
  const keptMs = before && Date.parse(before.ends_at) - Date.parse(before.starts_at);
  const keepsDuration = isStartMoved && !hasEnd && next.ends_at === before.ends_at;
  const end = keepsDuration
    ? start + keptMs!
    : next.ends_at === null
      ? start + DEFAULT_MINUTES * MINUTE_MS
      : Date.parse(next.ends_at);
  if (end <= start) throw invalid('ends_at', 'must be after starts_at');
  if (end - start > MAX_MINUTES * MINUTE_MS)
    throw invalid('ends_at', 'must be at most 31 days after starts_at');
  if (new Date(end).getUTCFullYear() > 9999)
    throw invalid('ends_at', 'must be a time in the years 1 to 9999');
  return { starts_at: new Date(start).toISOString(), ends_at: new Date(end).toISOString() };
}

/** The times with the buffers, which a change keeps. One that did not block goes on like that until it is moved. */
function blockOf(
  { starts_at: startsAt, ends_at: endsAt }: Pick<AppointmentState, 'starts_at' | 'ends_at'>,
  before: AppointmentState | null,
  buffers: AppointmentResolution['buffers'],
) {
  const [start, end] = [Date.parse(startsAt), Date.parse(endsAt)];
  if (before && before.blocked_from === null && isSameTime(before.starts_at, startsAt))
    return { blocked_from: null, blocked_until: null };
  const [beforeMs, afterMs] = buffers
    ? [buffers.beforeMin * MINUTE_MS, buffers.afterMin * MINUTE_MS]
    : keptBuffers(before);
  return {
    blocked_from: new Date(start - beforeMs).toISOString(),
    blocked_until: new Date(end + afterMs).toISOString(),
  };
}

function keptBuffers(before: AppointmentState | null): [beforeMs: number, afterMs: number] {
  if (!before || before.blocked_from === null || before.blocked_until === null) return [0, 0];
  return [
    Date.parse(before.starts_at) - Date.parse(before.blocked_from),
    Date.parse(before.blocked_until) - Date.parse(before.ends_at),
  ];
}

function isSameTime(a: string, b: string): boolean {
  return Date.parse(a) === Date.parse(b);
}
