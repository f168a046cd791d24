import { TEST_EVENT_TYPE, type Catalogue } from '../events/event-type.ts';
import type { Formats } from '../delivery/format.ts';
import { exampleOf } from './event-example.ts';

/**
 * What webhooks send, as OpenAPI 3.1 has it under `webhooks`: each event type with its body in every format, described
 * and with an example; made from the code that sends.
 */
export function webhookReference(catalogue: Catalogue, formats: Formats): Record<string, object> {
  return Object.fromEntries(
    [...catalogue.types, TEST_EVENT_TYPE].map((type) => {
      const examples = [...formats.values()].map((format) => {
        const { name, body, schema } = exampleOf(type, format, catalogue);
        const { $schema: _, ...described } = schema;
        return { format: format.name, name, body, schema: { title: format.name, ...described } };
      });
      const content = {
        'application/json': {
          schema: { anyOf: examples.map(({ schema }) => schema) },
          examples: Object.fromEntries(
            examples.map(({ format, name, body }) => [
              format,
              { summary: `${format}: ${name}`, value: body },
            ]),
          ),
        },
      };
      const post = {
        operationId: `on_${type.name.replaceAll('.', '_')}`,
        summary: type.name,
        description: type.description,
        tags: ['events sent'],
        security: [],
        requestBody: { content },
        responses: { '2XX': { description: 'Received. Anything else is tried again by the schedule.' } },
      };
      return [type.name, { post }];
    }),
  );
}
