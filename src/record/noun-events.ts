import { z } from 'zod';
import type { EventType } from '../events/event-type.ts';
import type { ObjectSchema } from '../events/event-schema.ts';
import type { Noun } from './noun.ts';

/** Additional fields of the record in deletion events. */
const deletion = { deleted_at: z.iso.datetime().meta({ description: 'When the record was deleted.' }) };

/**
 * The events of a noun, with schemas made from its output. A schema is made when it is first read: those of all events take a
 * sixteenth of the time to load the program.
 */
export function eventsOf(noun: Noun): EventType[] {
  const schema = once(() => schemaOf(noun.output.shape));
  return Object.values(noun.events).map(({ contextOutput, isBeyondChange: _beyond, ...type }) => {
    const isDeletion = type.name === noun.events.deleted.name;
    const ownSchema = isDeletion ? once(() => schemaOf({ ...noun.output.shape, ...deletion })) : schema;
    const event = {
      ...type,
      ...(isDeletion && { sample: { ...type.sample, deleted_at: type.sample['updated_at'] } }),
      get schema() {
        return ownSchema();
      },
    };
    if (!contextOutput) return event;
    const contextSchema = once(() => schemaOf(contextOutput.shape));
    return Object.defineProperty(event, 'contextSchema', { get: contextSchema, enumerable: true });
  });
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Made from the fields: the noun's own object schema is named in the API reference, and would become a `$ref`. */
function schemaOf(fields: z.ZodRawShape): ObjectSchema {
  const { properties, required } = z.toJSONSchema(z.object(fields)) as Pick<
    ObjectSchema,
    'properties' | 'required'
  >;
  return { type: 'object', properties, required, additionalProperties: false };
}
