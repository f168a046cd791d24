import { isUtf8 } from 'node:buffer';
import { ApiError } from '../base/errors.ts';

/** A decoder for a character encoding. */
export interface Charset {
  /** The name in the Encoding Standard, such as `windows-1252`. */
  name: string;
  /** Null if the bytes are not valid in this charset; replacement characters are never used. */
  decode(bytes: Buffer): string | null;
}

export const UTF_8: Charset = {
  name: 'utf-8',
  decode: (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : null),
};

/** The characters of windows-1252 from 0x80 to 0x9f. */
const C1 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** The TextDecoder of Node 20 to 23 decodes these bytes as ISO-8859-1 (nodejs/node#56542). */
const WINDOWS_1252: Charset = {
  name: 'windows-1252',
  decode: (bytes) =>
    bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => C1[character.charCodeAt(0) - 0x80]!),
};

/**
 * The charset of a label, by the Encoding Standard (`iso-8859-1` and `us-ascii` are windows-1252). Throws
 * `unsupported_media_type` for an unknown label.
 */
export function charsetOf(label: string): Charset {
  const name = encodingOf(label);
  if (name === undefined)
    throw new ApiError(
      'unsupported_media_type',
      `The charset ${JSON.stringify(label.slice(0, 40))} is unknown; send UTF-8.`,
    );
  if (name === UTF_8.name) return UTF_8;
  if (name === WINDOWS_1252.name) return WINDOWS_1252;
  return { name, decode: (bytes) => decoded(name, bytes) };
}

function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

function decoded(name: string, bytes: Buffer): string | null {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
