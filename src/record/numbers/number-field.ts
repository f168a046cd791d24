import { z } from 'zod';
import type { RecordNumbers } from '../../events/record-number.ts';
import type { Extension } from '../extension.ts';
import type { Noun } from '../noun.ts';

/** The nouns whose records do not number themselves. */
export function withoutNumber(nouns: readonly Noun[]): readonly Noun[] {
  return nouns.filter(({ fields }) => !('number' in fields));
}

/**
 * The `number` of records: the integer id that webhooks with integer ids have (RC17). A record without one gets it when it
 * is read.
 * @param nouns those whose records do not number themselves
 */
export function numberFields(nouns: readonly Noun[], numbers: RecordNumbers): Extension[] {
  return nouns.map(({ name: object }) => ({
    object,
    computedFields: {
      number: {
        label: 'Number',
        description:
          'An integer that identifies the record among those of its object, as in webhooks with integer ids; only where `fields` names it',
        output: z.int(),
        isOnRequest: 'named',
        async valuesOf(workspaceId, records) {
          const objects = records.map(({ id }) => ({ object, id }));
          const found = await numbers.numbersOf(workspaceId, objects);
          return records.map(({ id }) => found.get(id));
        },
      },
    },
  }));
}
