import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Connections } from '../connections/connection-store.ts';
import { jobType, type JobRun, type JobType } from '../jobs/job.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { RecurringJob } from '../jobs/recurring-job.ts';
import type { HttpClient } from '../net/http-client.ts';
import type { ProviderPayments } from './provider-fact.ts';
import type { ProviderSource } from './provider-source.ts';
import {
  addReading,
  RECONCILED_SOURCES,
  type Progress,
  type ReconciledSource,
  type Reconciliations,
} from './reconciliation-store.ts';

const HOUR_S = 3_600;
const DAY_MS = 86_400_000;

/** How often what is read, in seconds: events every hour, so that what was missed is found soon; objects every night. */
const EVERY_S: Readonly<Record<ReconciledSource, number>> = { events: HOUR_S, objects: 24 * HOUR_S };

/** What was created shortly before the last reading is read again: a page may have ended before it. */
const OVERLAP_MS: Readonly<Record<ReconciledSource, number>> = { events: HOUR_S * 1000, objects: 3 * DAY_MS };

const DEFAULT_HISTORY_DAYS = 90;

const payload = z.strictObject({
  connection_id: z.uuid(),
  source: z.enum(RECONCILED_SOURCES),
  /** ISO 8601; default: since the last reading, the first time as far back as the connection says. */
  since: z.string().optional(),
  /** What happened before the connection was made fires too. */
  fires_history: z.boolean().optional(),
});
type Payload = z.output<typeof payload>;

export interface ReconciliationParts {
  clock: Clock;
  log: Logger;
  http: HttpClient;
  jobs: JobQueue;
  connections: Pick<Connections, 'open'>;
  reconciliations: Reconciliations;
  /** Of the integrations. */
  sources: readonly ProviderSource[];
  providers: ProviderPayments;
}

/** Reads what a provider knows, and records what was missed (PM5). */
export function reconciliationJob(parts: ReconciliationParts): JobType<Payload> {
  const { connections, reconciliations, sources, http, clock } = parts;
  return jobType({
    name: 'payment.reconcile',
    payload,
    perWorkspace: 1,
    timeoutMs: 60 * 60_000,
    async run({ workspaceId, payload: requested, signal }: JobRun<Payload>) {
      const connection = await connections.open(workspaceId!, requested.connection_id).catch(() => null);
      const source = sources.find(({ kind }) => kind === connection?.kind);
      if (!connection?.active || !source) return 0;
      const { settings, secrets, createdAt, kind, id } = connection;
      const reader = source.open({ settings, secrets: secrets[0]! }, http);
      const madeAt = Date.parse(createdAt);
      const since = requested.since
        ? Date.parse(requested.since)
        : await sinceOf(requested.source, connection);
      const started = { connectionId: id, source: requested.source, since, isSkipped: reader === null };
      const runId = await reconciliations.start(workspaceId!, started);
      if (!reader) return 0;

      const progress: Progress = { read: 0, changed: 0, differences: [] };
      const firesFrom = requested.fires_history ? undefined : madeAt;
      try {
        for await (const { event, facts } of reader[requested.source](since, signal)) {
          signal.throwIfAborted();
          const { isChanged, record } = await parts.providers.applyAlone(
            { workspaceId: workspaceId!, id, kind, settings },
            { ...event, ...(firesFrom !== undefined && { firesFrom }) },
            facts,
          );
          addReading(progress, event, isChanged && record ? record : null);
        }
        await reconciliations.finish(workspaceId!, runId, progress, null);
      } catch (error) {
        await reconciliations.finish(workspaceId!, runId, progress, (error as Error).message.slice(0, 500));
        // A key that may not read something stays so; anything else is tried again.
        if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
      }
      return progress.changed;
    },
  });

  async function sinceOf(
    source: ReconciledSource,
    {
      workspaceId,
      id,
      createdAt,
      settings,
    }: { workspaceId: Uuid; id: Uuid; createdAt: string; settings: Readonly<Record<string, unknown>> },
  ): Promise<number> {
    const last = await reconciliations.lastStart(workspaceId, id, source);
    if (last !== null) return last - OVERLAP_MS[source];
    if (source === 'events') return Date.parse(createdAt);
    const days = Number(settings['history_days'] ?? DEFAULT_HISTORY_DAYS);
    return Math.min(clock.now(), Date.parse(createdAt)) - days * DAY_MS;
  }
}

/** Queues the readings that are due: at connect, after a change of the connection, and at their intervals. */
export function reconciliationSchedule(
  { jobs, reconciliations, sources }: Pick<ReconciliationParts, 'jobs' | 'reconciliations' | 'sources'>,
  job: JobType<Payload>,
): RecurringJob {
  const kinds = sources.map(({ kind }) => kind);
  return {
    name: 'payment.reconcile_due',
    everyMs: 60_000,
    async run() {
      for (const source of RECONCILED_SOURCES)
        for (const { workspaceId, id } of await reconciliations.due(kinds, EVERY_S[source], source))
          await jobs.enqueue(
            job,
            { connection_id: id, source },
            { workspaceId, uniqueKey: `${id} ${source}` },
          );
    },
  };
}
