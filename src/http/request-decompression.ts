import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import { ApiError } from '../base/errors.ts';

type Decoder = (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>;

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: (bytes, options) => promisify(hasZlibHeader(bytes) ? inflate : inflateRaw)(bytes, options),
  br: promisify(brotliDecompress),
};

/** More than one coding is rare; a long list would only cost time. */
const MAX_CODINGS = 2;

/**
 * Removes the Content-Encoding of a body. Decoding stops at the limit. Throws `unsupported_media_type` for an
 * unsupported coding, `payload_too_large` above the limit, and `validation_error` for invalid data.
 * @param header Content-Encoding, such as `gzip` or `deflate, gzip`
 * @param limit of the decoded body, in bytes
 */
export async function decodedBody(bytes: Buffer, header: string, limit: number): Promise<Buffer> {
  const codings = header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const steps = codings.map((coding) => (Object.hasOwn(decoders, coding) ? decoders[coding] : undefined));
  if (steps.length > MAX_CODINGS || steps.includes(undefined)) throw unknownCoding();
  if (bytes.length === 0) return bytes;
  let body = bytes;
  // The codings are listed in the order in which they were applied.
  for (let at = steps.length - 1; at >= 0; at--) {
    body = await steps[at]!(body, { maxOutputLength: limit }).catch((error: NodeJS.ErrnoException) => {
      throw refusal(error, codings[at]!);
    });
  }
  return body;
}

/** In RFC 9110 `deflate` means the zlib format; some clients send the raw stream. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

function unknownCoding(): ApiError {
  return new ApiError(
    'unsupported_media_type',
    'Content-Encoding: must be gzip, deflate, br or identity, and at most two of them.',
    { headers: { 'accept-encoding': 'gzip, deflate, br, identity' } },
  );
}

function refusal(error: NodeJS.ErrnoException, coding: string): ApiError {
  return error.code === 'ERR_BUFFER_TOO_LARGE'
    ? new ApiError('payload_too_large', 'The decoded body is larger than this path accepts.')
    : new ApiError(
        'validation_error',
        `The body is not valid ${coding}, although Content-Encoding names it.`,
      );
}
