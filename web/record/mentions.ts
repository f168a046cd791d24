import type { Member } from '../api/member-queries.ts';

type Person = Pick<Member, 'id' | 'name'>;

const LINK = /\[@([^\]\n]*)\]\(user:[0-9a-f-]{36}\)/gi;

/** The Markdown of a typed text: `@Jane Doe` becomes a link to the member of this name. */
export function withMentions(typed: string, members: readonly Person[]): string {
  const byName = new Map(members.map((member) => [member.name, member]));
  // Longest first: `@Jane Doe` is not `@Jane`.
  const names = [...byName.keys()].toSorted((a, b) => b.length - a.length).map(escaped);
  if (names.length === 0) return typed;
  const mention = new RegExp(`(?<![\\p{L}\\p{N}\\[])@(${names.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  return typed.replaceAll(
    mention,
    (_all, name: string) => `[@${name.replaceAll(/[[\]]/g, '')}](user:${byName.get(name)!.id})`,
  );
}

/** The text as it was typed. */
export function withoutMentions(markdown: string): string {
  return markdown.replaceAll(LINK, '@$1');
}

/** The name that is being typed before the caret, after an `@`; null if there is none. */
export function typedMention(text: string, caret: number): string | null {
  const match = /(?:^|[\s(])@([\p{L}\p{N}][\p{L}\p{N}' .-]{0,40})?$/u.exec(text.slice(0, caret));
  return match ? (match[1] ?? '') : null;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
