import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../base/errors.ts';
import { decodedBody } from './request-decompression.ts';

/** The largest body that most paths accept, in bytes (docs/requirements.md, section 7). */
export const BODY_LIMIT = 1024 * 1024;

export function bodyTooLarge(): ApiError {
  return new ApiError('payload_too_large', 'The body is larger than this path accepts; most accept 1 MiB.');
}

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The bytes that the Idempotency-Key is compared by and that senders sign: as sent, without Content-Encoding.
     * For a multipart body, its fields, because each request has another boundary.
     */
    rawBody: Buffer | null;
  }
}

/**
 * Parses bodies of one media type, or (`*`) of all that have no other parser, up to the path's limit, after removing Content-Encoding. An unknown path or
 * method is answered before the body is checked.
 * @param read parses the bytes; throws `ApiError`
 */
export function addBodyReader(
  app: FastifyInstance,
  type: RegExp | '*',
  read: (request: FastifyRequest, bytes: Buffer) => unknown,
): void {
  app.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, bytes, done) => {
    if (request.is404) return done(null);
    const coding = request.headers['content-encoding'];
    if (coding === undefined) return done(null, read(request, bytes));
    void decodedBody(bytes, coding, request.routeOptions.bodyLimit)
      .then((plain) => read(request, plain))
      .then(
        (value) => done(null, value),
        (error: Error) => done(error),
      );
  });
}
