import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The engine's metrics, for /metrics. */
export interface DeliveryMetrics {
  readonly registry: Registry;
  /** Attempts by outcome: `delivered`, or the failure's name. */
  readonly attempts: Counter<'outcome'>;
  /** From the attempt's start to its answer, in seconds. */
  readonly duration: Histogram;
  /** From becoming due to being read by a worker, in seconds. */
  readonly lag: Histogram;
  readonly inFlight: Gauge;
  readonly lanesHeld: Gauge;
  readonly takeovers: Counter;
  readonly settlesRefused: Counter;
}

export function makeMetrics(): DeliveryMetrics {
  const registry = new Registry();
  const registers = [registry];
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
  return {
    registry,
    attempts: new Counter({
      name: 'fairlead_delivery_attempts_total',
      help: 'Delivery attempts by outcome. Per process: sum them.',
      labelNames: ['outcome'],
      registers,
    }),
    duration: new Histogram({
      name: 'fairlead_delivery_duration_seconds',
      help: 'How long attempts took. Per process: sum them.',
      buckets,
      registers,
    }),
    lag: new Histogram({
      name: 'fairlead_delivery_lag_seconds',
      help: 'From due to read by a worker. Per process: sum them.',
      buckets,
      registers,
    }),
    inFlight: new Gauge({
      name: 'fairlead_delivery_in_flight',
      help: 'Requests under way. Per process: sum them.',
      registers,
    }),
    lanesHeld: new Gauge({
      name: 'fairlead_lanes_held',
      help: 'Lanes this process holds. Per process: sum them.',
      registers,
    }),
    takeovers: new Counter({
      name: 'fairlead_lane_takeovers_total',
      help: 'Lanes taken over from a holder that never released them. Per process: sum them.',
      registers,
    }),
    settlesRefused: new Counter({
      name: 'fairlead_settles_refused_total',
      help: 'Outcomes not written because the lease was lost. Per process: sum them.',
      registers,
    }),
  };
}
