import { z } from 'zod';
import { ApiError, invalid } from '../base/errors.ts';
import { instant } from '../base/values/time.ts';
import type { Connections } from '../connections/connection-store.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import { requireScopes } from '../http/authenticate.ts';
import type { RecordChange } from '../http/record-change.ts';
import { pageQuery, pageShape } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { PROVIDER_SCOPES } from './provider-fact.ts';
import type { ProviderSource } from './provider-source.ts';
import type { reconciliationJob } from './reconciliation-job.ts';
import { RECONCILED_SOURCES, type Reconciliation, type Reconciliations } from './reconciliation-store.ts';

const PATH = '/api/v1/payments/reconciliations';

const shape = z
  .object({
    id: z.uuid(),
    connection_id: z.uuid(),
    source: z.enum(RECONCILED_SOURCES).meta({
      description:
        '`events`: what the provider has reported; `objects`: payments and subscriptions as they are.',
    }),
    since: z.iso.datetime(),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable().meta({ description: 'Null while it runs.' }),
    read_count: z.int(),
    changed_count: z.int().meta({ description: 'How many of them had been missed.' }),
    differences: z
      .array(
        z.object({
          type: z.string(),
          external_id: z.string().nullable(),
          record_type: z.string().nullable(),
          record_id: z.uuid().nullable(),
          reason: z.string().nullable().meta({ description: 'Why it cannot be recorded; null if it was.' }),
        }),
      )
      .meta({
        description:
          'What had been missed, at most 500, with the records that were created or changed; also what cannot be recorded, with its `reason`.',
      }),
    error: z.string().nullable(),
  })
  .meta({ id: 'Reconciliation' });

const query = z.strictObject({ ...pageQuery.shape, connection_id: z.uuid().toLowerCase().optional() });

const body = z.strictObject({
  connection_id: z.uuid().toLowerCase(),
  since: instant.optional().meta({
    description: 'Default: since the last time; the first time `history_days` of the connection, or 90 days.',
  }),
  fires_history: z.boolean().optional().meta({
    description: 'Whether what happened before the connection was made fires events too; default false.',
  }),
});

interface Parts {
  db: Database;
  recordChange: RecordChange;
  connections: Pick<Connections, 'get'>;
  reconciliations: Reconciliations;
  sources: readonly ProviderSource[];
  jobs: JobQueue;
  job: ReturnType<typeof reconciliationJob>;
}

/** What was read of providers with a key, and what had been missed (PM5). */
export function reconciliationRoutes({
  db,
  connections,
  reconciliations,
  sources,
  jobs,
  job,
  recordChange,
}: Parts): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: PATH,
      scope: 'connections:read',
      tag: 'payments',
      summary: 'List reconciliations',
      description:
        'Newest first, kept for 90 days. A connection with a restricted key is read when it is made, every hour and every night.',
      query,
      answers: { 200: pageShape(shape) },
      async handle({ caller: { workspaceId }, query: { limit, cursor, connection_id: id }, url }) {
        const after = cursor ? decodeCursor(cursor, 'reconciliations').id : null;
        const rows = await reconciliations.list(workspaceId, {
          connectionId: id ?? null,
          after,
          limit: limit + 1,
        });
        const cursorOf = (row: Reconciliation) =>
          encodeCursor({ sort: 'reconciliations', value: row.started_at, id: row.id });
        return { status: 200, body: pageOf(rows, limit, url, cursorOf, (row) => row) };
      },
    }),
    route<z.output<typeof body>>({
      method: 'POST',
      path: PATH,
      scope: 'connections:manage',
      tag: 'payments',
      summary: 'Read a provider now',
      description:
        'Queues the reading of the events and the objects of a connection with a restricted key. The caller also needs `payments:write`, `subscriptions:write` and `contacts:write`, since what was missed is recorded.',
      body,
      answers: { 202: z.object({ status: z.literal('queued') }) },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        requireScopes(ctx.caller, PROVIDER_SCOPES);
        const { connection_id: id, since, fires_history: fires } = ctx.body;
        const connection = await connections.get(workspaceId, id);
        if (!sources.some(({ kind }) => kind === connection.kind))
          throw invalid('connection_id', 'must be a connection to a payment provider that can be read');
        if (!connection.active) throw new ApiError('conflict', 'The connection is not active.');
        const options = {
          ...(since !== undefined && { since }),
          ...(fires !== undefined && { fires_history: fires }),
        };
        const response = { status: 202, body: JSON.stringify({ status: 'queued' }) };
        await db.transaction(async (trx) => {
          for (const source of RECONCILED_SOURCES)
            await jobs.enqueue(
              job,
              { connection_id: id, source, ...options },
              { workspaceId, uniqueKey: `${id} ${source}`, trx },
            );
          const auditEntry = {
            action: 'connection.reconciled',
            objectType: 'connection',
            objectId: id,
            details: options,
          };
          await recordChange(trx, ctx, auditEntry, response);
        });
        return response;
      },
    }),
  ];
}
