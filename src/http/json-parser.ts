import { parse as parseWith } from 'lossless-json';
import { ApiError } from '../base/errors.ts';
import { changesAsNumber, inexactNumber } from '../base/values/number.ts';

/** Lists and objects within each other (contracts section 14). */
export const MAX_JSON_DEPTH = 64;

/** What the bytes of a JSON text say before it is parsed. */
interface Signs {
  depth: number;
  /** A number that may change as a double: long, or with an exponent. */
  longNumber: boolean;
  /** An escape that may stand for NUL or for half of a surrogate pair. */
  suspectEscape: boolean;
}

export interface ParsedJson {
  value: unknown;
  /** It may hold something that cannot be stored as it is: see base/values/unstorable.ts. */
  isSuspect: boolean;
}

/**
 * Parses a body, in UTF-8. Numbers that would change stand in the value as `inexactNumber`, which schemas refuse. Throws `validation_error` for more than 64 levels.
 * @param parse the parser of most bodies; throws for what is no JSON
 */
export function parseJson(bytes: Buffer, parse: (text: string) => unknown): ParsedJson {
  const signs = signsOf(bytes);
  if (signs.depth > MAX_JSON_DEPTH) {
    const message = `must be nested at most ${MAX_JSON_DEPTH} levels deep`;
    throw new ApiError('validation_error', `body: ${message}`, { fields: [{ field: 'body', message }] });
  }
  const text = bytes.toString('utf8');
  const value = parse(text);
  if (!signs.longNumber) return { value, isSuspect: signs.suspectEscape };
  return { value: withInexactNumbers(text), isSuspect: true };
}

function withInexactNumbers(text: string): unknown {
  return parseWith(text, undefined, {
    parseNumber: (token) => (changesAsNumber(token) ? inexactNumber(token) : Number(token)),
    // The last one wins, as in JSON.parse.
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LONG_NUMBER = 16;

/** One pass over the bytes: 1 ns a byte, where parsing takes ten. */
function signsOf(bytes: Buffer): Signs {
  const signs = { depth: 0, longNumber: false, suspectEscape: false };
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = endOfText(bytes, at + 1, signs);
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > signs.depth) signs.depth = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte >= 0x30 && byte <= 0x39) at = endOfNumber(bytes, at, signs);
  }
  return signs;
}

function endOfText(bytes: Buffer, from: number, signs: Signs): number {
  let at = from;
  for (; at < bytes.length && bytes[at] !== QUOTE; at++) {
    if (bytes[at] !== BACKSLASH) continue;
    at += 1;
    // \u0000, or \ud800 to \udfff.
    if (bytes[at] === 0x75 && (bytes[at + 1] === 0x30 || (bytes[at + 1]! | 0x20) === 0x64))
      signs.suspectEscape = true;
  }
  return at;
}

function endOfNumber(bytes: Buffer, from: number, signs: Signs): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if ((byte | 0x20) === 0x65) signs.longNumber = true;
    else if (!(byte >= 0x30 && byte <= 0x39) && byte !== 0x2e && byte !== 0x2b && byte !== 0x2d) break;
  }
  if (at - from >= LONG_NUMBER) signs.longNumber = true;
  return at - 1;
}
