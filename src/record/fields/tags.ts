import { z } from 'zod';
import { caseless } from '../../base/fold.ts';
import { requiredText } from '../../base/values/text.ts';
import { makeField, type FieldOptions } from './field.ts';

/** The most tags of a record. */
export const MAX_TAGS = 50;
/** The longest tag, in UTF-16 units. */
export const MAX_TAG = 100;

/** Tags. Of tags that differ only by case or Unicode form, the first one is kept. */
export const tagList = z
  .array(requiredText(MAX_TAG))
  .max(MAX_TAGS, `must have at most ${MAX_TAGS} tags`)
  .transform((sent) => {
    const first = new Map<string, string>();
    for (const tag of sent) if (!first.has(caseless(tag))) first.set(caseless(tag), tag);
    return [...first.values()];
  })
  .meta({
    description: `At most ${MAX_TAGS}; duplicates that differ only by case are removed.`,
    examples: [['vip']],
  });

/** The tags of a record; lists can be filtered by one tag (`?tag=`). */
export function tags<const Options extends FieldOptions>(options: Options) {
  return makeField<string[], Options & { default: [] }>(
    {
      kind: 'tags',
      input: tagList.nullable(),
      output: z.array(z.string()),
      filter: { name: 'tag', by: 'tag' },
      isSearched: true,
    },
    { sample: ['vip'], ...options, default: [] },
  );
}
