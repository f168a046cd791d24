import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { DueDelivery } from '../queue/claim.ts';
import type { Endpoints } from '../endpoint/endpoint-store.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Catalogue } from '../../events/event-type.ts';
import type { Formats, Message } from '../endpoint/webhook-format.ts';
import type { Lease } from '../queue/lease.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import type { Outcome } from '../sender/send-outcome.ts';
import { render, type StoredEvent } from '../sender/render.ts';
import { countOutcome, decideOutcome } from './outcome-handling.ts';
import type { Sender } from '../sender/send.ts';
import { attemptRequest } from '../log/attempt-request.ts';
import type { FinalState, Settlement } from '../queue/settle.ts';

/** The User-Agent that receivers see. */
export const USER_AGENT = 'Fairlead-Webhooks/1';

export interface DeliverParts {
  catalogue: Catalogue;
  formats: Formats;
  sender: Sender;
  endpoints: Endpoints;
  metrics: DeliveryMetrics;
  clock: Clock;
  newId: () => Uuid;
  random: () => number;
  log: Logger;
  /** Fires when the process cannot wait any longer for what is in flight. */
  giveUp: AbortSignal;
}

/**
 * The result of an attempt: what to store, and what the receiver answered, null if no request was made. A decision that
 * takes time (disabling the webhook) delays it.
 */
export type Attempted = (settlement: Settlement, outcome: Outcome | null) => void;

/**
 * Makes one attempt: builds the message, sends it, decides what follows. Never throws. It uses no promise, since this is
 * done thousands of times a second.
 * @param done never called before this returns
 */
export function deliver(
  parts: DeliverParts,
  endpoint: Endpoint,
  due: DueDelivery,
  lease: Lease,
  done: Attempted,
): void {
  const at = parts.clock.now();
  // One object, filled in step by step, since this is made for every attempt.
  const settlement: Settlement = {
    workspaceId: endpoint.workspaceId,
    endpointId: endpoint.id,
    token: lease.token,
    deliveryId: due.id,
    attempt: due.attempt,
    attemptId: parts.newId(),
    at: isoTime(at),
    durationMs: 0,
    status: null,
    failure: null,
    detail: null,
    response: null,
    request: null,
    template: null,
    state: null,
    delayMs: null,
    failures: null,
  };
  const message = compose(parts, endpoint, due, settlement, at);
  if (message === null) return queueMicrotask(() => done(settlement, null));

  const fixed = { 'content-type': endpoint.contentType, 'user-agent': USER_AGENT };
  const request = {
    url: endpoint.url,
    method: endpoint.method,
    headers: { ...endpoint.headers, ...message.headers, ...fixed },
    custom: endpoint.headers,
    body: message.body,
    timeoutMs: endpoint.timeoutMs,
    mayGo: () => lease.holds(),
  };
  parts.metrics.inFlight.inc();
  parts.sender.begin(request, parts.giveUp, (outcome) => {
    countOutcome(parts.metrics, due, outcome);
    settlement.durationMs = Math.round(outcome.durationMs);
    settlement.status = outcome.status;
    settlement.failure = outcome.failure;
    settlement.detail = outcome.detail;
    settlement.response = outcome.responseBody;
    const { text, template } = attemptRequest(endpoint, message.headers, fixed, message.body);
    settlement.request = text;
    settlement.template = template;
    if (outcome.ok) {
      settlement.state = 'delivered';
      done(settlement, outcome);
    } else
      void decideOutcome(parts, endpoint, due, outcome, settlement).then(() => done(settlement, outcome));
  });
}

/** The message of a delivery; null if there is nothing to send, and the settlement says why. */
function compose(
  parts: DeliverParts,
  endpoint: Endpoint,
  due: DueDelivery,
  settlement: Settlement,
  at: number,
): Message | null {
  if (due.expired) return unsent(settlement, 'expired', 'expired', 'It was not delivered within 30 days.');
  if (due.data === null) return unsent(settlement, 'failed', 'event_gone', 'Its event is no longer kept.');
  try {
    return render(parts, endpoint, eventOf(due, due.data), Math.floor(at / 1000));
  } catch (error) {
    // A body that cannot be built now cannot be built later; another try would only hold up the lane.
    parts.log.error(
      { err: { message: (error as Error).message, stack: (error as Error).stack }, delivery: due.id },
      'format failed',
    );
    const detail = `The format ${endpoint.format} could not make a body of this event.`;
    return unsent(settlement, 'failed', 'format_error', detail);
  }
}

function unsent(settlement: Settlement, state: FinalState, failure: string, detail: string): null {
  Object.assign(settlement, { state, failure, detail });
  return null;
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
    ...(due.numbers && { numbers: due.numbers }),
  };
}
