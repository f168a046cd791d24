import { MAX_FIELDS, tooManyFields, type RawField } from './form-field.ts';

const [AMPERSAND, EQUALS, PLUS, PERCENT, SPACE] = [0x26, 0x3d, 0x2b, 0x25, 0x20];

/**
 * The fields of an `application/x-www-form-urlencoded` body, by the URL Standard. Throws `validation_error` for
 * too many fields before any is decoded: counting is much cheaper.
 */
export function urlencodedFields(bytes: Buffer): RawField[] {
  const fields: RawField[] = [];
  let separators = 0;
  for (let at = bytes.indexOf(AMPERSAND); at >= 0; at = bytes.indexOf(AMPERSAND, at + 1)) {
    separators += 1;
    if (separators > MAX_FIELDS) throw tooManyFields();
  }
  let start = 0;
  while (start < bytes.length) {
    const next = bytes.indexOf(AMPERSAND, start);
    const end = next < 0 ? bytes.length : next;
    const pair = bytes.subarray(start, end);
    const equals = pair.indexOf(EQUALS);
    if (pair.length > 0)
      fields.push({
        name: percentDecoded(equals < 0 ? pair : pair.subarray(0, equals)),
        value: percentDecoded(equals < 0 ? pair.subarray(pair.length) : pair.subarray(equals + 1)),
      });
    start = end + 1;
  }
  if (fields.length > MAX_FIELDS) throw tooManyFields();
  return fields;
}

/** Decodes `+` as a space and `%41` as a byte; a percent sign without two hex digits stays. */
function percentDecoded(bytes: Buffer): Buffer {
  if (!bytes.includes(PERCENT) && !bytes.includes(PLUS)) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const code = byte === PERCENT ? hexPair(bytes, at + 1) : -1;
    out[length++] = code >= 0 ? code : byte === PLUS ? SPACE : byte;
    if (code >= 0) at += 2;
  }
  return out.subarray(0, length);
}

/** The byte of two hex digits, or -1. */
function hexPair(bytes: Buffer, at: number): number {
  if (at + 1 >= bytes.length) return -1;
  const [high, low] = [hexDigit(bytes[at]!), hexDigit(bytes[at + 1]!)];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
