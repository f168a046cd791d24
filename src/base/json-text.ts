import { randomUUID } from 'node:crypto';
import { digitsOfInexact } from './values/number.ts';

/** JSON that is stored and returned as text, so that numbers, depth and duplicate names stay unchanged. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Serializes a value that may contain `JsonText` and inexact numbers; these are inserted unchanged. */
export function jsonOf(value: unknown): string {
  const texts: string[] = [];
  // Random, so that no text in the value can contain it.
  const mark = randomUUID();
  const json = JSON.stringify(value, (_name, inner: unknown) => {
    const text = inner instanceof JsonText ? inner.text : digitsOfInexact(inner);
    return text === null ? inner : `${mark}${texts.push(text) - 1}`;
  });
  if (texts.length === 0) return json;
  return json.replaceAll(new RegExp(`"${mark}(\\d+)"`, 'g'), (_whole, at: string) => texts[Number(at)]!);
}

/** The members of a JSON object's text: each name and the text of its value. The text must be valid JSON. */
export function membersOf(text: string): { name: string; value: string }[] {
  const members: { name: string; value: string }[] = [];
  for (let at = skipBlanks(text, text.indexOf('{') + 1); text[at] === '"';) {
    const afterName = endOfValue(text, at);
    const start = skipBlanks(text, text.indexOf(':', afterName) + 1);
    const end = endOfValue(text, start);
    members.push({ name: JSON.parse(text.slice(at, afterName)) as string, value: text.slice(start, end) });
    at = skipSeparator(text, end);
  }
  return members;
}

/** The texts of a JSON list's items. The text must be valid JSON. */
export function itemsOf(text: string): string[] {
  const items: string[] = [];
  for (let at = skipBlanks(text, text.indexOf('[') + 1); at < text.length && text[at] !== ']';) {
    const end = endOfValue(text, at);
    items.push(text.slice(at, end));
    at = skipSeparator(text, end);
  }
  return items;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return at;
}

function skipSeparator(text: string, from: number): number {
  const at = skipBlanks(text, from);
  return text[at] === ',' ? skipBlanks(text, at + 1) : at;
}

/** The end of the value that begins at `from`. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfText(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (depth > 0) {
      if (character === '}' || character === ']') depth -= 1;
    } else if (/[\s,\]}]/.test(character!)) return at;
    if (depth === 0 && /["}\]]/.test(text[at]!)) return at + 1;
  }
  return text.length;
}

function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
