import { z } from 'zod';
import type { EventType } from '../events/event-type.ts';
import type { ObjectSchema } from '../events/event-schema.ts';
import type { Noun } from './noun.ts';

/** Additional fields of the record in deletion events. */
const deletion = { deleted_at: z.iso.datetime().meta({ description: 'When the record was deleted.' }) };

/** The events of a noun, with schemas made from its output. */
export function eventsOf(noun: Noun): EventType[] {
  return Object.values(noun.events).map(({ contextOutput, isBeyondChange: _beyond, ...type }) => {
    const isDeletion = type.name === noun.events.deleted.name;
    return {
      ...type,
      ...(isDeletion && { sample: { ...type.sample, deleted_at: type.sample['updated_at'] } }),
      schema: schemaOf({ ...noun.output.shape, ...(isDeletion && deletion) }),
      ...(contextOutput && { contextSchema: schemaOf(contextOutput.shape) }),
    };
  });
}

/** Made from the fields: the noun's own object schema is named in the API reference, and would become a `$ref`. */
function schemaOf(fields: z.ZodRawShape): ObjectSchema {
  const { properties, required } = z.toJSONSchema(z.object(fields)) as Pick<
    ObjectSchema,
    'properties' | 'required'
  >;
  return { type: 'object', properties, required, additionalProperties: false };
}
