import type { Uuid } from '../../base/id.ts';
import type { Catalogue } from '../../events/event-type.ts';
import { objectsIn } from '../../events/integer-ids.ts';
import type { NumberedObject, RecordNumbers } from '../../events/record-number.ts';
import type { DueDelivery } from '../queue/claim.ts';
import { recordText, type StoredEvent } from './render.ts';

export interface EventNumberParts {
  catalogue: Catalogue;
  numbers: RecordNumbers;
}

type EventRecord = Pick<StoredEvent, 'type' | 'objectType' | 'objectId' | 'data' | 'context'>;

/** Adds the numbers that messages with integer ids need to deliveries that were read from the queue. */
export async function addNumbers(
  { catalogue, numbers }: EventNumberParts,
  workspaceId: Uuid,
  due: readonly DueDelivery[],
): Promise<void> {
  const numbered = due.filter((item) => item.own_names && item.data !== null);
  if (numbered.length === 0) return;
  const objects = numbered.flatMap((item) =>
    objectsOf(catalogue, {
      type: item.event_type,
      objectType: item.object_type!,
      objectId: item.object_id!,
      data: item.data!,
      context: item.context,
    }),
  );
  const found = await numbers.numbersOf(workspaceId, objects);
  for (const item of numbered) item.numbers = found;
}

/** An event with the numbers that a message with integer ids needs. */
export async function withNumbers(
  { catalogue, numbers }: EventNumberParts,
  workspaceId: Uuid,
  event: StoredEvent,
): Promise<StoredEvent> {
  return { ...event, numbers: await numbers.numbersOf(workspaceId, objectsOf(catalogue, event)) };
}

function objectsOf(catalogue: Catalogue, event: EventRecord): NumberedObject[] {
  const fields = catalogue.idFields(event.objectType);
  if (!fields) return [];
  const record = JSON.parse(recordText(event, catalogue)) as Record<string, unknown>;
  const own = { object: event.objectType, id: event.objectId };
  return [own, ...objectsIn(record, event.objectType, fields)];
}
