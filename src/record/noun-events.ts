import { z } from 'zod';
import type { EventType } from '../events/event-type.ts';
import type { ObjectSchema } from '../events/event-schema.ts';
import type { Noun } from './noun.ts';

/** What an event of a deletion carries beside the record. */
const deletion = { deleted_at: z.iso.datetime().meta({ description: 'When it was deleted.' }) };

/** The events of a noun with their schemas, made from what the noun answers. */
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

/** From the fields, not from the noun's object: that has a name in the reference, and would come as a `$ref` to it. */
function schemaOf(fields: z.ZodRawShape): ObjectSchema {
  const { properties, required } = z.toJSONSchema(z.object(fields)) as Pick<
    ObjectSchema,
    'properties' | 'required'
  >;
  return { type: 'object', properties, required, additionalProperties: false };
}
