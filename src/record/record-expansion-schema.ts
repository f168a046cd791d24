import { z } from 'zod';
import type { Fields } from './noun.ts';
import { listed } from './record-selection.ts';

/** What has fields that reference records. */
export interface Referring {
  fields: Fields;
}

/** The member of a record that has the referenced ones; ignored when sent. */
export const EXPANDED = 'expanded';

const MAX_LENGTH = 1_000;

/** The fields that `expand` accepts. */
export function expandable({ fields }: Referring): string[] {
  return Object.entries(fields).flatMap(([name, { references }]) => (references === undefined ? [] : [name]));
}

/** The query parameter `expand`. */
export function expandParameter(noun: Referring) {
  const names = expandable(noun);
  return z
    .string()
    .max(MAX_LENGTH)
    .refine((sent) => listed(sent).length > 0 && listed(sent).every((name) => names.includes(name)), {
      error: `must be one or more of ${names.join(', ')}, separated by commas`,
    })
    .optional()
    .meta({
      description: `Adds the records and members that these fields reference, as \`${EXPANDED}\`, one level deep. Possible: ${names.join(', ')}. Each needs the scope to read it.`,
    });
}

/** The schema of `expanded`, for the API reference. */
export function expandedShape(noun: Referring) {
  const reference = z
    .looseObject({ id: z.uuid() })
    .nullable()
    .meta({ description: 'Without long texts and custom fields; null if the field is empty.' });
  return z
    .object(Object.fromEntries(expandable(noun).map((name) => [name, reference.optional()])))
    .optional()
    .meta({
      readOnly: true,
      description: 'What the fields of `expand` reference, by the name of the field.',
    });
}
