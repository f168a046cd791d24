import { isUtf8 } from 'node:buffer';
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { KEPT_BYTES, responseText } from './send-outcome.ts';
import { MAX_BODY_BYTES } from './response-reader.ts';

/** A body with more codings than this, one inside the other, is not decoded. */
const MAX_CODINGS = 3;
/** Bytes that a decoder produces at a time: if the rest is broken, the beginning is not lost with it. */
const STEP_BYTES = 1_024;

/**
 * The text of an encoded body: its beginning, even if the end is missing or broken. If nothing can be decoded, a line
 * that says so.
 * @param chunks what was read of the body; at most 64 KiB are used
 * @param codings in the order in which they were applied
 */
export async function decodedText(chunks: readonly Buffer[], codings: readonly string[]): Promise<string> {
  const body = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES);
  if (body.length === 0) return '';
  let bytes: Buffer | null = codings.length > MAX_CODINGS ? null : body;
  for (let at = codings.length - 1; at >= 0 && bytes !== null; at--) {
    bytes = await decoded(bytes, codings[at]!, at === 0 ? KEPT_BYTES : MAX_BODY_BYTES);
  }
  if (bytes !== null && bytes.length > 0) return responseText([bytes]);
  // A receiver may claim that it compresses, and not do so.
  if (isUtf8(body) && !body.includes(0)) return responseText([body]);
  return unreadable(body.length, codings);
}

function unreadable(bytes: number, codings: readonly string[]): string {
  const named = codings
    .join(', ')
    .slice(0, 60)
    .replace(/[^\x20-\x7e]/g, '?');
  return `(${bytes} bytes encoded as ${named}, which could not be read)`;
}

/** At most `maxBytes` of the decoded bytes; null if the coding is unknown. */
function decoded(bytes: Buffer, coding: string, maxBytes: number): Promise<Buffer> | null {
  const decoder = decoderOf(coding, bytes);
  if (decoder === null) return null;
  return new Promise((resolve) => {
    const made: Buffer[] = [];
    let size = 0;
    const stop = () => {
      decoder.destroy();
      resolve(Buffer.concat(made).subarray(0, maxBytes));
    };
    decoder.on('data', (part: Buffer) => {
      made.push(part);
      size += part.length;
      if (size >= maxBytes) stop();
    });
    decoder.once('end', stop);
    decoder.on('error', stop);
    decoder.end(bytes);
  });
}

function decoderOf(coding: string, bytes: Buffer): Transform | null {
  const options = { chunkSize: STEP_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(options);
    case 'deflate':
      // The RFC wraps it as zlib; some servers leave out the wrapper.
      return isZlib(bytes) ? createInflate(options) : createInflateRaw(options);
    case 'br':
      return createBrotliDecompress({ chunkSize: STEP_BYTES, finishFlush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return null;
  }
}

/** Whether they begin with the two-byte header of RFC 1950. */
function isZlib(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
