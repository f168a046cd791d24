import { invalid } from '../../base/errors.ts';
import type { Call, CallStatus } from './call-fields.ts';

const ENDED: ReadonlySet<CallStatus> = new Set(['completed', 'busy', 'no_answer', 'failed', 'canceled']);
const RANKS: Readonly<Partial<Record<CallStatus, number>>> = { queued: 0, ringing: 1, in_progress: 2 };

export function hasEnded({ status }: Pick<Call, 'status'>): boolean {
  return ENDED.has(status);
}

/** The events of a change. `call.completed` is fired once: when the call reaches any of its last statuses. */
export function callEvents(before: Call, after: Call): string[] {
  return !hasEnded(before) && hasEnded(after) ? ['call.completed'] : ['call.updated'];
}

/** Whether the provider calls somebody for this call, and whether that attempt has ended. */
export type DialState = 'none' | 'pending' | 'done';

export interface CallProgress {
  call: Call;
  dial: DialState;
}

/** What a provider says about a call. */
export interface CallReport {
  /** `parent`: the first leg. `child`: the leg that it was connected to. `dial`: what connecting them came to. */
  leg: 'parent' | 'child' | 'dial';
  status: CallStatus;
  /** The provider's id of the parent leg; null in reports of children. */
  externalId: string | null;
  /** Of the leg, in seconds. */
  durationS: number | null;
  /** The number that answered. */
  answeredBy: string | null;
  errorText: string | null;
}

/**
 * A call after a report. Reports come twice and in any order; the result is the same, and a call that has ended stays so.
 *
 * Whether people talked is what the second leg says: the provider connects the first leg of an incoming call at once, and
 * that of an outgoing call is the member's own. So the end of the first leg alone ends a call only if it was answered, or
 * if nobody was called.
 */
export function callAfter({ call, dial }: CallProgress, report: CallReport, at: string): CallProgress {
  const known = { ...call, external_id: call.external_id ?? report.externalId };
  if (report.leg === 'parent') return { call: parentAfter(known, dial, report, at), dial };
  const isOver = ENDED.has(report.status);
  return { call: childAfter(known, report, at), dial: isOver ? 'done' : dial };
}

function parentAfter(
  call: Call,
  dial: DialState,
  { status, durationS, errorText }: CallReport,
  at: string,
): Call {
  if (hasEnded(call)) return call;
  if (!ENDED.has(status)) return raised(call, status === 'queued' ? 'queued' : 'ringing');
  if (status === 'failed') return { ...ended(call, 'failed', at), error_text: errorText };
  if (call.answered_at !== null)
    return ended({ ...call, duration: call.duration ?? durationS }, 'completed', at);
  if (status !== 'completed') return ended(call, call.direction === 'in' ? 'no_answer' : status, at);
  // The report of the second leg is still to come.
  if (dial === 'pending') return { ...call, ended_at: call.ended_at ?? at };
  return ended(call, 'no_answer', at);
}

function childAfter(call: Call, report: CallReport, at: string): Call {
  const { status, leg, durationS, answeredBy } = report;
  const isFirstOver = call.ended_at !== null;
  if (status === 'in_progress' || status === 'completed') {
    const answered = {
      ...call,
      answered_at: call.answered_at ?? at,
      answered_by: call.answered_by ?? answeredBy,
      duration: durationS ?? call.duration,
    };
    if (hasEnded(call)) return call.status === 'completed' ? answered : call;
    const ends = status === 'completed' && (call.direction === 'out' || leg === 'dial' || isFirstOver);
    return ends ? ended(answered, 'completed', at) : raised(answered, 'in_progress');
  }
  if (hasEnded(call)) return call;
  if (!ENDED.has(status)) return raised(call, 'ringing');
  if (call.direction === 'out') return ended(call, status, at);
  // The caller may leave a message.
  return isFirstOver ? ended(call, 'no_answer', at) : raised(call, 'ringing');
}

/** A call without a report for long: what is known of it decides. */
export function abandonedCall(call: Call, at: string): Call {
  if (hasEnded(call)) return call;
  if (call.answered_at !== null) return ended(call, 'completed', at);
  return ended(call, call.ended_at === null && call.direction === 'out' ? 'failed' : 'no_answer', at);
}

function ended(call: Call, status: CallStatus, at: string): Call {
  const duration = call.duration ?? (status === 'completed' ? null : 0);
  return { ...call, status, ended_at: call.ended_at ?? at, duration };
}

function raised(call: Call, status: CallStatus): Call {
  return RANKS[status]! > RANKS[call.status]! ? { ...call, status } : call;
}

/** Whether nobody took an incoming call. */
export function isMissed({ direction, status }: Call): boolean {
  return direction === 'in' && status !== 'completed' && ENDED.has(status);
}

/** A call that is recorded by hand: it has ended, and its times agree with its duration. */
export function loggedCall(next: Call, sentStart: string | null, at: string): Call {
  if (!hasEnded(next)) throw invalid('status', `must be one of ${[...ENDED].join(', ')}`);
  const { duration, ended_at: sentEnd } = next;
  const startedAt = sentStart ?? shifted(sentEnd ?? at, -(duration ?? 0));
  if (sentEnd !== null && Date.parse(sentEnd) < Date.parse(startedAt))
    throw invalid('ended_at', 'must not be before started_at');
  const endedAt = sentEnd ?? (duration === null ? null : shifted(startedAt, duration));
  const length = duration ?? (endedAt === null ? null : seconds(startedAt, endedAt));
  return { ...next, started_at: startedAt, ended_at: endedAt, duration: length };
}

function shifted(time: string, byS: number): string {
  return new Date(Date.parse(time) + byS * 1000).toISOString();
}

function seconds(from: string, to: string): number {
  return Math.min(86_400, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}
