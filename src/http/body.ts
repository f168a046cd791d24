import type { FastifyInstance, FastifyRequest } from 'fastify';
import { decodedBody } from './content-encoding.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * What the Idempotency-Key is held against, and what senders sign: the bytes that were sent, without their
     * Content-Encoding. Of a multipart body, its fields: each sending has another boundary.
     */
    rawBody: Buffer | null;
  }
}

/**
 * Reads bodies of one type whole, up to the limit of the path, and without their Content-Encoding. A path that is
 * not there, or does not take the method, says so whatever the body is.
 * @param read makes the value of the bytes; throws `ApiError`
 */
export function addBodyReader(
  app: FastifyInstance,
  type: RegExp,
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
