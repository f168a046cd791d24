import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import type { Database } from '../../db/pool.ts';
import {
  MIN_TERM_DAYS,
  setTerm,
  storedSize,
  termOf,
  type StoredSize,
  type Term,
} from '../../delivery/log/workspace-retention.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';

const days = (what: string) =>
  z
    .int()
    .min(MIN_TERM_DAYS)
    .nullable()
    .meta({
      description: `How many days ${what} are kept; null: \`most_days\`, the term of the installation.`,
    });

const moment = z.iso.datetime().nullable();

const shape = z
  .object({
    event_days: days('events'),
    attempt_days: days('delivery attempts'),
    least_days: z.int().meta({ description: 'The shortest allowed term: longer than a delivery may wait.' }),
    most_days: z.int().meta({ description: "The installation's term, which is the maximum." }),
    size: z.object({
      events: z.int().meta({ description: 'Approximate number of events in the feed.' }),
      attempts: z.int().meta({ description: 'Number of delivery attempts; approximate above 10,000.' }),
      bytes: z.int().meta({ description: 'Estimated size of both in the database.' }),
      oldest_event_at: moment,
      oldest_attempt_at: moment,
    }),
  })
  .meta({ id: 'Retention' });

const readOnly = z
  .unknown()
  .optional()
  .meta({ readOnly: true, description: 'Set by the server; ignored when sent.' });

const body = z.strictObject({
  event_days: days('events').optional(),
  attempt_days: days('delivery attempts').optional(),
  least_days: readOnly,
  most_days: readOnly,
  size: readOnly,
});

/**
 * Routes of how long a workspace keeps events and delivery attempts, and their size.
 * @param mostDays the installation's term
 */
export function retentionRoutes(db: Database, recordChange: RecordChange, mostDays: number): Route[] {
  const common = { path: '/api/v1/retention', scope: 'workspace:manage', tag: 'events' } as const;
  const show = (term: Term, size: StoredSize) => ({
    ...term,
    least_days: MIN_TERM_DAYS,
    most_days: mostDays,
    size,
  });

  const get = route({
    ...common,
    method: 'GET',
    summary: 'Get the retention of events and attempts, and their size',
    answers: { 200: shape },
    async handle({ caller: { workspaceId } }) {
      const [term, size] = await Promise.all([termOf(db, workspaceId), storedSize(db, workspaceId)]);
      return { status: 200, body: show(term, size) };
    },
  });

  const update = route<z.output<typeof body>>({
    ...common,
    method: 'PATCH',
    summary: 'Shorten the retention of events and attempts',
    description:
      'Older ones are deleted within an hour, except events that a queued delivery needs; `GET /events` returns 410 for a position before the oldest kept event.',
    body,
    answers: { 200: shape },
    async handle(ctx) {
      const { workspaceId } = ctx.caller;
      const { event_days: eventDays, attempt_days: attemptDays } = ctx.body;
      for (const [field, requested] of Object.entries({ event_days: eventDays, attempt_days: attemptDays })) {
        if (requested && requested > mostDays)
          throw invalid(field, `must be at most ${mostDays}, the term of the installation`);
      }
      const [current, size] = await Promise.all([termOf(db, workspaceId), storedSize(db, workspaceId)]);
      const term = {
        event_days: eventDays === undefined ? current.event_days : eventDays,
        attempt_days: attemptDays === undefined ? current.attempt_days : attemptDays,
      };
      const text = JSON.stringify(show(term, size));
      await db.transaction(async (trx) => {
        await setTerm(trx, workspaceId, term);
        const auditEntry = { action: 'retention.updated', objectType: 'workspace', objectId: workspaceId };
        await recordChange(trx, ctx, { ...auditEntry, details: term }, { status: 200, body: text });
      });
      return { status: 200, body: text };
    },
  });

  return [get, update];
}
