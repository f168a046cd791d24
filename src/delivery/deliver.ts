import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { DueDelivery } from './claim.ts';
import type { Cause } from './disabling.ts';
import type { Endpoint, Endpoints } from './endpoint.ts';
import type { Catalogue } from './event.ts';
import type { Formats, Message } from './format.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { Outcome } from './outcome.ts';
import { render, type StoredEvent } from './render.ts';
import { nextDelayMs } from './retry.ts';
import type { Sender } from './send.ts';
import { sentOf } from './sent.ts';
import type { FinalState, Settlement } from './settle.ts';

/** How we introduce ourselves to receivers. */
export const USER_AGENT = 'Fairlead-Webhooks/1';

export interface DeliverParts {
  catalogue: Catalogue;
  formats: Formats;
  sender: Sender;
  endpoints: Endpoints;
  metrics: DeliveryMetrics;
  clock: Clock;
  newId: () => Uuid;
  dice: () => number;
  log: Logger;
  /** Fires when the process can't wait any longer for what is in flight. */
  giveUp: AbortSignal;
}

/** What an attempt came to: what to write down, and what the receiver answered, if it was asked. */
export interface Attempted {
  settlement: Omit<Settlement, 'token' | 'failures'>;
  outcome: Outcome | null;
}

/** Makes one attempt: builds the message, sends it, decides what follows. Never throws. */
export async function deliver(parts: DeliverParts, endpoint: Endpoint, due: DueDelivery): Promise<Attempted> {
  const { clock } = parts;
  const at = clock.now();
  const base = {
    workspaceId: endpoint.workspaceId,
    endpointId: endpoint.id,
    deliveryId: due.id,
    attempt: due.attempt,
    attemptId: parts.newId(),
    at: isoTime(at),
  };
  const unsent = (state: FinalState, failure: string, detail: string): Attempted => ({
    settlement: {
      ...base,
      durationMs: 0,
      status: null,
      failure,
      detail,
      response: null,
      request: null,
      state,
      delayMs: null,
    },
    outcome: null,
  });

  if (due.expired) return unsent('expired', 'expired', 'It was not delivered within 30 days.');
  if (due.data === null) return unsent('failed', 'event_gone', 'Its event is no longer kept.');
  let message: Message;
  try {
    message = render(parts, endpoint, eventOf(due, due.data), Math.floor(at / 1000));
  } catch (error) {
    // A body that can't be built now can't be built later; trying again would only hold up the lane.
    parts.log.error(
      { err: { message: (error as Error).message, stack: (error as Error).stack }, delivery: due.id },
      'format failed',
    );
    return unsent(
      'failed',
      'format_error',
      `The format ${endpoint.format} could not make a body of this event.`,
    );
  }
  const own = {
    ...message.headers,
    'content-type': endpoint.contentType,
    'user-agent': USER_AGENT,
  };
  const request = {
    url: endpoint.url,
    method: endpoint.method,
    headers: { ...endpoint.headers, ...own },
    body: message.body,
    timeoutMs: endpoint.timeoutMs,
  };
  const outcome = await parts.sender.send(request, parts.giveUp);
  const { state, delayMs } = await follow(parts, endpoint, due, outcome);
  return {
    settlement: {
      ...base,
      durationMs: Math.round(outcome.durationMs),
      status: outcome.status,
      failure: outcome.failure,
      detail: outcome.detail,
      response: outcome.responseBody,
      request: sentOf(endpoint, own, message.body),
      state,
      delayMs,
    },
    outcome,
  };
}

function eventOf(due: DueDelivery, data: string): StoredEvent {
  return {
    id: due.event_id,
    type: due.event_type,
    objectType: due.object_type!,
    objectId: due.object_id!,
    occurredAt: due.occurred_at!,
    data,
    context: due.context,
  };
}

/** What comes after an attempt: the delivery's end, or when it is tried again. */
async function follow(
  parts: DeliverParts,
  endpoint: Endpoint,
  due: DueDelivery,
  outcome: Outcome,
): Promise<{ state: FinalState | null; delayMs: number | null }> {
  if (outcome.ok) return { state: 'delivered', delayMs: null };
  if (due.kind === 'test') return { state: 'failed', delayMs: null };
  const goneDisables = endpoint.disableOnGone || parts.formats.get(endpoint.format)!.goneDisables;
  if (outcome.status === 410 && goneDisables) {
    await takeOut(parts, endpoint, { reason: 'Its receiver answered 410 Gone.', failures: 1 });
    return { state: 'failed', delayMs: null };
  }
  const schedule = { max: endpoint.retryMax, intervalsS: endpoint.retryIntervalsS };
  const delayMs = nextDelayMs(schedule, due.attempt + 1, outcome.retryAfterMs, parts.dice);
  return delayMs === null ? { state: 'failed', delayMs } : { state: null, delayMs };
}

/** Takes a webhook out of service. Where that fails, the next failure like this one tries again. */
export async function takeOut(
  { endpoints, log }: Pick<DeliverParts, 'endpoints' | 'log'>,
  endpoint: Endpoint,
  cause: Cause,
): Promise<void> {
  const which = { webhook: endpoint.id, workspace: endpoint.workspaceId };
  try {
    const disabled = await endpoints.disable(endpoint.workspaceId, endpoint.id, cause);
    if (disabled) log.warn({ ...which, ...cause }, 'webhook disabled');
  } catch (error) {
    log.error({ ...which, err: (error as Error).message }, 'could not disable webhook');
  }
}
