import type { Uuid } from '../../base/id.ts';

/** A mention in Markdown: a link whose address is the member, as in `[@Jane Doe](user:01976d3c-…)`. */
const MENTION = /\]\(user:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\)/gi;

const MAX_MENTIONS = 50;

/** The user ids that a text mentions, each once; at most 50. */
export function mentionsIn(text: string): Uuid[] {
  const ids = Array.from(text.matchAll(MENTION), (match) => match[1]!.toLowerCase());
  return [...new Set(ids)].slice(0, MAX_MENTIONS);
}
