import { unprefixed, type Uuid } from '../../base/id.ts';
import { countedNumbers, schemaWithIntegerIds, withIntegerIds } from '../../events/integer-ids.ts';
import { joined, objectOf, summarySchema, textField, type ObjectSchema } from '../../events/event-schema.ts';
import type { Catalogue, EventType } from '../../events/event-type.ts';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';

/** Placeholders for examples: they belong to no real workspace, webhook, event or secret. */
const PLACEHOLDER = {
  workspaceId: '01976d3c-0000-7000-8000-00000000000a',
  clientNumber: 12_345_678,
  endpointId: '01976d3c-0000-7000-8000-00000000000b',
  eventId: '01976d3c-0000-7000-8000-00000000000c',
  objectId: '01976d3c-0000-7000-8000-00000000000d',
  secret: 'whsec_cGxhY2Vob2xkZXItcGxhY2Vob2xkZXItcGxhY2Vob2xk',
  at: '2026-06-01T12:00:00.000Z',
} as const;

/** The message that the format generates for the type's sample. */
export function exampleOf(type: EventType, format: Format, catalogue: Catalogue) {
  const added = type.contextInRecord ? type.context : {};
  const sample = { ...type.sample, ...added };
  const numbers = countedNumbers();
  const idFields = catalogue.idFields(type.object);
  const { headers, body } = format.message({
    event: {
      id: PLACEHOLDER.eventId,
      type: type.name,
      objectType: type.object,
      objectId: type.custom
        ? PLACEHOLDER.objectId
        : (unprefixed('wh', type.sample['id'] as string) ?? (type.sample['id'] as Uuid)),
      occurredAt: PLACEHOLDER.at,
      json: JSON.stringify(sample),
      data: () => sample,
      summary: () => ({ ...catalogue.summary(type.object, type.sample), ...added }),
      context: () => type.context ?? {},
      withIntegerIds: (record) =>
        idFields ? withIntegerIds(record, type.object, idFields, numbers) : record,
    },
    workspaceId: PLACEHOLDER.workspaceId,
    clientNumber: PLACEHOLDER.clientNumber,
    endpointId: PLACEHOLDER.endpointId,
    payload: format.defaults.payload,
    ownNames: format.ownNames !== undefined,
    secrets: [PLACEHOLDER.secret],
    attemptedAt: Date.parse(PLACEHOLDER.at) / 1000,
    bodyOf: (json) => json,
  });
  return {
    name: nameIn(format, type),
    headers,
    body: JSON.parse(body) as unknown,
    schema: bodySchema(type, format, catalogue),
  };
}

/** As new webhooks of the format have it. */
export function nameIn({ ownNames, nameOf }: Format, { name, sample }: EventType): string {
  return ownNames ? ownNames.nameOf(name, sample) : nameOf(name);
}

/** The schema of the body that the format sends for the event type, with its default payload. */
function bodySchema(type: EventType, format: Format, catalogue: Catalogue) {
  const { payload } = format.defaults;
  const id = (!type.custom && type.schema.properties['id']) || textField('The subject of the event.');
  const summary = summarySchema(type.schema, catalogue.summary(type.object, type.sample));
  const record = payload === 'full' ? type.schema : joined(objectOf({ id }), summary);
  const details = type.contextInRecord ? joined(record, type.contextSchema!) : record;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(format.ownNames
      ? format.ownNames.schema(type, integerIds(type, details, catalogue))
      : format.schema(type, payload, details)),
  };
}

function integerIds({ object }: EventType, details: ObjectSchema, catalogue: Catalogue): ObjectSchema {
  const idFields = catalogue.idFields(object);
  return idFields ? schemaWithIntegerIds(details, idFields) : details;
}
