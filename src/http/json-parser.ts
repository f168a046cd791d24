import { parse as parseWith } from 'lossless-json';
import { invalid } from '../base/errors.ts';
import { changesAsNumber, inexactNumber } from '../base/values/number.ts';

/** Maximum nesting of lists and objects (docs/requirements.md, section 14). */
export const MAX_JSON_DEPTH = 64;

/** The result of the scan before parsing. */
interface Scan {
  depth: number;
  /** Contains a number that may change as a double: long, or with an exponent. */
  longNumber: boolean;
  /** Number of fields on all levels. */
  fields: number;
  /** Contains an escape that may be NUL or half of a surrogate pair. */
  suspectEscape: boolean;
}

export interface ParsedJson {
  value: unknown;
  /** May contain a value that cannot be stored unchanged: see base/values/unstorable.ts. */
  isSuspect: boolean;
}

/**
 * Parses a body. Numbers that would change become an `inexactNumber`, which schemas reject. Throws
 * `validation_error` above 64 levels.
 * @param parse the parser for most bodies; throws for invalid JSON
 * @param maxFields on all levels; limits the cost of requests without a key
 */
export function parseJson(
  text: string,
  parse: (text: string) => unknown,
  maxFields = Number.POSITIVE_INFINITY,
): ParsedJson {
  const scanned = scan(text);
  if (scanned.depth > MAX_JSON_DEPTH)
    throw invalid('body', `must be nested at most ${MAX_JSON_DEPTH} levels deep`);
  if (scanned.fields > maxFields) throw invalid('body', `must have at most ${maxFields} fields`);
  const value = parse(text);
  if (!scanned.longNumber) return { value, isSuspect: scanned.suspectEscape };
  return { value: withInexactNumbers(text), isSuspect: true };
}

function withInexactNumbers(text: string): unknown {
  return parseWith(text, undefined, {
    parseNumber: (token) => (changesAsNumber(token) ? inexactNumber(token) : Number(token)),
    // The last duplicate wins, as in JSON.parse.
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LONG_NUMBER = 16;

/** One pass over the text: about 1 ns a character; parsing takes about ten. */
function scan(text: string): Scan {
  const scanned = { depth: 0, fields: 0, longNumber: false, suspectEscape: false };
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at + 1, scanned);
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > scanned.depth) scanned.depth = depth;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === 0x3a) scanned.fields += 1;
    else if (code >= 0x30 && code <= 0x39) at = endOfNumber(text, at, scanned);
  }
  return scanned;
}

function endOfText(text: string, from: number, scanned: Scan): number {
  let at = from;
  for (; at < text.length && text.charCodeAt(at) !== QUOTE; at++) {
    if (text.charCodeAt(at) !== BACKSLASH) continue;
    at += 1;
    // \u0000, or \ud800 to \udfff.
    if (
      text.charCodeAt(at) === 0x75 &&
      (text.charCodeAt(at + 1) === 0x30 || (text.charCodeAt(at + 1) | 0x20) === 0x64)
    )
      scanned.suspectEscape = true;
  }
  return at;
}

function endOfNumber(text: string, from: number, scanned: Scan): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code | 0x20) === 0x65) scanned.longNumber = true;
    else if (!(code >= 0x30 && code <= 0x39) && code !== 0x2e && code !== 0x2b && code !== 0x2d) break;
  }
  if (at - from >= LONG_NUMBER) scanned.longNumber = true;
  return at - 1;
}
