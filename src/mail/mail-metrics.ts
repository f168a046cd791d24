import { Counter, Gauge, type Registry } from 'prom-client';
import { TIMEOUT_MS, withTimeout, type Database } from '../db/pool.ts';
import { measureMails, type MailBacklog } from './mail-backlog.ts';

/** How an attempt to send ended, as the metrics say it. */
export type AttemptOutcome = 'sent' | 'retried' | 'failed' | 'unknown' | 'claim_lost';

export interface MailMetrics {
  readonly attempts: Counter<'outcome'>;
}

/** For so long a measurement is good, in milliseconds: a page of metrics asks the database once. */
const FRESH_MS = 5_000;
const PER_DATABASE = 'Per database: every process reports the same, so take the maximum, never the sum.';

/** Adds the metrics of mail to `registry`. Where the database cannot be reached, the gauges are NaN. */
export function makeMailMetrics(registry: Registry, db: Database): MailMetrics {
  const registers = [registry];
  let measured: Promise<MailBacklog | null> | undefined;
  let measuredAt = -Infinity;
  function measure(): Promise<MailBacklog | null> {
    if (measured && performance.now() - measuredAt < FRESH_MS) return measured;
    measuredAt = performance.now();
    measured = withTimeout(measureMails(db.pool), TIMEOUT_MS).catch(() => null);
    return measured;
  }

  const states = new Gauge({
    name: 'fairlead_mails',
    help: `Mails by state; what was settled is kept for 30 days, and the last 10,000 of it are counted. ${PER_DATABASE}`,
    labelNames: ['state'],
    registers,
    async collect() {
      const backlog = await measure();
      for (const state of ['queued', 'sending', 'sent', 'failed', 'unknown', 'cancelled'] as const)
        states.set({ state }, backlog ? backlog[state] : NaN);
    },
  });
  const oldest = new Gauge({
    name: 'fairlead_mail_oldest_due_seconds',
    help: `How long the mail has been due that waits longest; 0 where none is. ${PER_DATABASE}`,
    registers,
    async collect() {
      const backlog = await measure();
      oldest.set(backlog ? backlog.oldest_due_s : NaN);
    },
  });

  return {
    attempts: new Counter({
      name: 'fairlead_mail_attempts_total',
      help: 'Attempts to send a mail by outcome. Per process: sum them.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
