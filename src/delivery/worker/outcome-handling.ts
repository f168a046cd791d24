import type { Logger } from '../../base/log.ts';
import type { DueDelivery } from '../queue/claim.ts';
import type { Endpoints } from '../endpoint/endpoint-store.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Formats } from '../endpoint/webhook-format.ts';
import { nextDelayMs } from './retry-delay.ts';
import type { Outcome } from '../sender/send-outcome.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import type { Settlement, Settler } from '../queue/settle.ts';
import type { Cause } from '../endpoint/webhook-disabled-event.ts';

export interface OutcomeParts {
  formats: Formats;
  endpoints: Endpoints;
  random: () => number;
  log: Logger;
}

/**
 * Decides what follows a failed attempt: another one (retry-delay.ts says when), or the end of the delivery. A 410 Gone
 * disables the webhook, if its format or its settings say so.
 */
export async function decideOutcome(
  parts: OutcomeParts,
  endpoint: Endpoint,
  due: DueDelivery,
  outcome: Outcome,
  settlement: Settlement,
): Promise<void> {
  settlement.state = 'failed';
  if (due.kind === 'test') return;
  const goneDisables = endpoint.disableOnGone || parts.formats.get(endpoint.format)!.goneDisables;
  if (outcome.status === 410 && goneDisables) {
    await disable(parts, endpoint, { reason: 'Its receiver answered 410 Gone.', failures: 1 });
    return;
  }
  const schedule = { max: endpoint.retryMax, intervalsS: endpoint.retryIntervalsS };
  settlement.delayMs = nextDelayMs(schedule, due.attempt + 1, outcome.retryAfterMs, parts.random);
  if (settlement.delayMs !== null) settlement.state = null;
}

/** Disables a webhook. If that fails, the next failure like this one tries again. */
export async function disable(
  { endpoints, log }: Pick<OutcomeParts, 'endpoints' | 'log'>,
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

/** Counts a request that has ended for /metrics; one that this process cancelled has no outcome. */
export function countOutcome(metrics: DeliveryMetrics, due: DueDelivery, outcome: Outcome): void {
  metrics.inFlight.dec();
  if (outcome.failure === 'cancelled') return;
  metrics.attempts.inc({ outcome: outcome.failure ?? 'delivered' });
  metrics.duration.observe(outcome.durationMs / 1000);
  metrics.lag.observe(due.lag_s);
}

/** Stores an outcome. `done` is called even if it took no effect, since the lane was lost. */
export function settleOutcome(
  { settler, metrics, log }: { settler: Settler; metrics: DeliveryMetrics; log: Logger },
  settlement: Settlement,
  done: () => void,
  failed: (error: Error) => void,
): void {
  const take = (tookEffect: boolean) => {
    if (!tookEffect) {
      metrics.settlesRefused.inc();
      log.info(
        { delivery: settlement.deliveryId, webhook: settlement.endpointId },
        'outcome not written: the lease was lost or the delivery settled elsewhere',
      );
    }
    done();
  };
  settler.settle(settlement, take, failed);
}
