import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import { MAX_TAGS } from '../fields/tags.ts';

/** A change of a record's tags; tags are compared in NFC and without case. */
export interface TagChange {
  add: readonly string[];
  remove: readonly string[];
}

/** A tag event of a change, with its tag. */
export interface TagEvent {
  verb: 'tag_added' | 'tag_removed';
  tag: string;
}

/**
 * The tags of a record after they were replaced: a tag that it had keeps its spelling, and equal tags stay in their order,
 * so that the same tags are no change.
 */
export function withKeptSpelling(before: readonly string[], after: readonly string[]): readonly string[] {
  if (before === after) return after;
  const spelling = new Map(before.map((tag) => [caseless(tag), tag]));
  const isSameSet = after.length === before.length && after.every((tag) => spelling.has(caseless(tag)));
  return isSameSet ? before : after.map((tag) => spelling.get(caseless(tag)) ?? tag);
}

/** The tags of a record after tags were added and removed. Throws `validation_error` if there are too many. */
export function changedTags(before: readonly string[], { add, remove }: TagChange): readonly string[] {
  const removed = new Set(remove.map(caseless));
  const kept = before.filter((tag) => !removed.has(caseless(tag)));
  const known = new Set(kept.map(caseless));
  const after = [...kept, ...add.filter((tag) => !known.has(caseless(tag)))];
  if (after.length <= MAX_TAGS || after.length <= before.length) return after;
  const message = `a record has at most ${MAX_TAGS} tags, and this one would have ${after.length}`;
  throw new ApiError('validation_error', `add: ${message}.`, { fields: [{ field: 'add', message }] });
}

/** The tag events of a change, one for each tag: first those that were removed. */
export function tagEventsBetween(before: readonly string[], after: readonly string[]): TagEvent[] {
  if (before === after) return [];
  const had = new Set(before.map(caseless));
  const has = new Set(after.map(caseless));
  return [
    ...before.filter((tag) => !has.has(caseless(tag))).map((tag) => ({ verb: 'tag_removed', tag }) as const),
    ...after.filter((tag) => !had.has(caseless(tag))).map((tag) => ({ verb: 'tag_added', tag }) as const),
  ];
}

const SAMPLE = 'vip';
const contextOutput = z.object({ tag: z.string().meta({ description: 'The tag.' }) });

/** The definitions of the tag events of a noun (RC3). @param subject as in `a contact` */
export function tagEvents(subject: string) {
  const more = { context: { tag: SAMPLE }, contextOutput, contextInRecord: true } as const;
  return {
    tag_added: { sample: {}, description: `A tag was added to ${subject}; one event for each tag.`, ...more },
    tag_removed: {
      description: `A tag was removed from ${subject}; one event for each tag.`,
      sample: { tags: [] },
      ...more,
    },
  };
}
