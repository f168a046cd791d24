import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { PER_DATABASE, reusedMeasurement } from '../db/measurement.ts';
import type { Database } from '../db/pool.ts';
import { measureJobs } from './job-backlog.ts';

/** How a run ended, as the metrics say it. */
export type RunOutcome = 'succeeded' | 'retried' | 'failed' | 'interrupted' | 'lease_lost';

export interface JobMetrics {
  readonly runs: Counter<'type' | 'outcome'>;
  /** In seconds. */
  readonly duration: Histogram<'type'>;
}

/** Adds the metrics of jobs to `registry`. Where the database cannot be reached, the gauges are NaN. */
export function makeJobMetrics(registry: Registry, db: Database): JobMetrics {
  const registers = [registry];
  const measure = reusedMeasurement(() => measureJobs(db.pool));

  const states = new Gauge({
    name: 'fairlead_jobs',
    help: `Background jobs by state, without recurring ones; failed ones are kept for 30 days. ${PER_DATABASE}`,
    labelNames: ['state'],
    registers,
    async collect() {
      const backlog = await measure();
      for (const state of ['waiting', 'due', 'running', 'failed'] as const)
        states.set({ state }, backlog ? backlog[state] : NaN);
    },
  });
  const oldest = new Gauge({
    name: 'fairlead_job_oldest_due_seconds',
    help: `How long the job has been due that waits longest; 0 where none is. ${PER_DATABASE}`,
    registers,
    async collect() {
      const backlog = await measure();
      oldest.set(backlog ? backlog.oldest_due_s : NaN);
    },
  });

  return {
    runs: new Counter({
      name: 'fairlead_job_runs_total',
      help: 'Runs of background jobs by type and outcome. Per process: sum them.',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    duration: new Histogram({
      name: 'fairlead_job_duration_seconds',
      help: 'How long runs of background jobs took. Per process: sum them.',
      labelNames: ['type'],
      buckets: [0.01, 0.1, 1, 10, 60, 600, 3600],
      registers,
    }),
  };
}
