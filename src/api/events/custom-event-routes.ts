import { z } from 'zod';
import {
  AlreadyAnswered,
  claiming,
  claimRow,
  type IdempotencyClaim,
  type StoredAnswer,
} from '../../account/idempotency.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { invalid } from '../../base/errors.ts';
import { prefixed, type Uuid } from '../../base/id.ts';
import { makeBatchWriter } from '../../db/batch-writer.ts';
import type { Database } from '../../db/pool.ts';
import type { Queryable } from '../../db/query.ts';
import { nounOf, type CustomTypes } from '../../events/custom-event-type.ts';
import { append, type LaneKey, type OutboxEvent } from '../../events/outbox.ts';
import { route, type Route } from '../../http/route.ts';
import { eventShape } from './event-routes.ts';

export interface CustomEventParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  /** Notifies the delivery engine, after the commit, of lanes with new deliveries. */
  notify(lanes: LaneKey[]): void;
  /** The formats whose `*` includes an event type. */
  wildcardFormats(type: string): string[];
}

const body = z.strictObject({
  type: z.string().max(100).meta({ description: 'A custom event type of the workspace.' }),
  data: z
    .record(z.string(), z.unknown())
    .meta({ description: "The event's data, by the schema of the type." }),
  object_id: z.uuid().toLowerCase().optional().meta({
    description:
      'The object that the event is about: events of one object are ordered. Default: the event itself.',
  }),
});

/** Its position in the feed and its deliveries are known only after it is stored. */
const publishedShape = eventShape
  .omit({ seq: true, context: true, matched: true, reason: true })
  .meta({ id: 'PublishedEvent' });

/** Routes to publish events of custom event types. */
export function customEventRoutes(parts: CustomEventParts, types: CustomTypes): Route[] {
  const { clock, newId } = parts;
  const publish = makePublisher(parts);
  return [
    route<z.output<typeof body>>({
      method: 'POST',
      path: '/api/v1/events',
      scope: 'events:write',
      tag: 'custom events',
      summary: 'Publish a custom event',
      description:
        'Delivered like any other event. Its data is checked against the schema of its type, in at most 2,000,000 steps (400 above). 503 with `Retry-After` if the check takes too long at the moment: nothing is published, and the same `Idempotency-Key` may be used again.',
      body,
      answers: { 201: publishedShape },
      async handle({ body: input, caller, claim }) {
        const { workspaceId, actor } = caller;
        const type = await types.find(workspaceId, input.type);
        if (!type) {
          const why = 'is not an event type of this workspace; see GET /api/v1/custom-event-types';
          throw invalid('type', `"${input.type}" ${why}`);
        }
        await types.checkData(workspaceId, type, input.data);
        const id = newId();
        const eventId = prefixed('evt', id);
        const event = {
          id: eventId,
          type: type.name,
          occurred_at: isoTime(clock.now()),
          object_type: nounOf(type.name),
          object_id: input.object_id ?? id,
          actor,
          data: input.data,
        };
        const text = JSON.stringify(event);
        await publish.add({ workspaceId, id, event, claim, answer: { status: 201, body: text } });
        return { status: 201, body: text, headers: { location: `/api/v1/events/${eventId}` } };
      },
    }),
  ];
}

interface Publication {
  workspaceId: Uuid;
  id: Uuid;
  event: { type: string; occurred_at: string; object_id: Uuid; actor: string; data: Record<string, unknown> };
  claim: IdempotencyClaim | undefined;
  answer: StoredAnswer;
}

/** Writes concurrent events in one statement: event, queue rows, counter and idempotency answers. */
function makePublisher({ db, clock, notify, wildcardFormats }: CustomEventParts) {
  const outboxEvent = ({ workspaceId, id, event }: Publication): OutboxEvent => ({
    workspaceId,
    id,
    type: event.type,
    objectId: event.object_id,
    actor: event.actor,
    at: event.occurred_at,
    data: event.data,
    wildcard: wildcardFormats(event.type),
  });
  return makeBatchWriter<Publication, true>(db, {
    groupOf: ({ workspaceId }) => workspaceId,
    // The statement distinguishes its events by their object.
    keysOf: ({ event, claim }) => [event.object_id, ...(claim ? [`${claim.identity}/${claim.key}`] : [])],
    weigh: ({ answer }) => ({ weight: 1, bytes: answer.body.length }),
    async run(on, batch) {
      const claims = { tables: claiming([]), rows: claimsOf(batch, isoTime(clock.now())) };
      const { taken, lanes } = await append(on, null, batch.map(outboxEvent), claims);
      notify(lanes);
      return batch.map((_, n) => (taken.includes(n) ? new AlreadyAnswered() : true));
    },
    async committed(on, batch) {
      const found = await stored(on, batch);
      return batch.map(({ id }) => found.has(id) || undefined);
    },
  });
}

function claimsOf(batch: Publication[], at: string): object[] {
  return batch.flatMap(({ claim, answer }, unit) => (claim ? [claimRow(unit, claim, answer, at)] : []));
}

async function stored(on: Queryable, batch: Publication[]): Promise<Set<Uuid>> {
  const { rows } = await on.query<{ id: Uuid }>({
    name: 'custom_event.stored',
    text: `select e.id from unnest($1::uuid[], $2::uuid[]) as k(workspace_id, id)
           join event e on e.workspace_id = k.workspace_id and e.id = k.id`,
    values: [batch.map(({ workspaceId }) => workspaceId), batch.map(({ id }) => id)],
  });
  return new Set(rows.map(({ id }) => id));
}
