import { z } from 'zod';
import { caseless } from '../../base/fold.ts';
import { requiredText } from '../../base/values/text.ts';
import { makeField, type FieldOptions } from './field.ts';

const MAX_TAGS = 50;
const MAX_TAG = 100;

/** Tags, of which two that differ in case or Unicode form alone are one, spelled as it came first. */
export const tagList = z
  .array(requiredText(MAX_TAG))
  .max(MAX_TAGS, `must have at most ${MAX_TAGS} tags`)
  .transform((sent) => {
    const first = new Map<string, string>();
    for (const tag of sent) if (!first.has(caseless(tag))) first.set(caseless(tag), tag);
    return [...first.values()];
  })
  .meta({ description: `At most ${MAX_TAGS}; two that differ in case alone are one.`, examples: [['vip']] });

/** The tags of a record; lists are filtered by one of them (`?tag=`). */
export function tags<const Options extends FieldOptions>(options: Options) {
  return makeField<string[], Options & { default: [] }>(
    {
      kind: 'tags',
      input: tagList,
      output: z.array(z.string()),
      filter: { name: 'tag', by: 'tag' },
    },
    { ...options, default: [] },
  );
}
