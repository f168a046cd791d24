import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import { codingFor } from './assets.ts';
import type { Route } from './route.ts';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

/** The smallest answer to a browser that is compressed, in characters: a smaller one fits in a packet as it is. */
const MIN_FOR_SESSION = 1_024;
/** For other clients. They are often on the same network, and many accept gzip without a need for it. */
const MIN_FOR_OTHERS = 16_384;

/** Quality 5: smaller than by gzip's default, in about the same time. Brotli's own default takes a hundred times as long. */
const BROTLI = {
  [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  [constants.BROTLI_PARAM_QUALITY]: 5,
};

/**
 * Whether a JSON answer may be compressed: only the answer to a read, and only a long one, so that writes and short reads
 * cost the same as without. An answer with an ETag is not: the tag would have to differ by coding, but If-Match takes it
 * as the version.
 *
 * The size of a compressed answer can reveal a secret next to text that an attacker chose, if the attacker sees many such
 * answers (BREACH). It cannot here: answers to GET have no secrets, except on routes that say so (`hasSecrets`), and another
 * site's page cannot have a signed-in browser read again and again: its requests carry no session (SameSite=Lax), and
 * navigations, which do, are not compressed.
 */
export function isCompressible(
  { hasSecrets }: Pick<Route, 'hasSecrets'>,
  reply: FastifyReply,
  text: string,
): boolean {
  const { method, caller, headers } = reply.request;
  if (hasSecrets) return false;
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (text.length < (caller?.via.kind === 'session' ? MIN_FOR_SESSION : MIN_FOR_OTHERS)) return false;
  const site = headers['sec-fetch-site'];
  return (site === undefined || site === 'same-origin') && reply.getHeader('etag') === undefined;
}

/** Sends a compressible text in the best coding that the client accepts. */
export async function sendCompressed(reply: FastifyReply, text: string): Promise<void> {
  const coding = codingFor(reply.request.headers['accept-encoding']);
  const bytes = Buffer.from(text);
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'accept-encoding' : `${String(vary)}, accept-encoding`);
  if (coding === 'identity') return void reply.send(bytes);
  const compressed = coding === 'br' ? await brotli(bytes, { params: BROTLI }) : await deflate(bytes);
  reply.header('content-encoding', coding);
  void reply.send(compressed);
}
