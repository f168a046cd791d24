import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingRequest } from '../../delivery/inbox/inbox-request.ts';
import { inboxResponseBody, type Inboxes } from '../../delivery/inbox/inbox.ts';

const BODY_LIMIT = 262_144;

/** Receives requests for test inboxes: any method, any content type, without authentication. */
export function mountInboxes(app: FastifyInstance, inboxes: Pick<Inboxes, 'receive'>): void {
  // A separate scope, where bodies are stored instead of parsed.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // An invalid Content-Type would be rejected before the body is read; the headers are stored as sent.
    scope.addHook('onRequest', (request, _reply, next) => {
      request.raw.headers['content-type'] = 'application/octet-stream';
      next();
    });
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.all<{ Params: { token: string } }>(
      '/inbox/:token',
      { bodyLimit: BODY_LIMIT },
      async (request, reply) =>
        answer(reply, await inboxes.receive(request.params.token, arrivalOf(request), 'wire')),
    );
    done();
  });
}

function arrivalOf(request: FastifyRequest): IncomingRequest {
  const { rawHeaders, url = '' } = request.raw;
  const at = url.indexOf('?');
  return {
    method: request.method,
    query: at < 0 ? '' : url.slice(at),
    headers: rawHeaders.flatMap((name, n) => (n % 2 === 0 ? [[name, rawHeaders[n + 1]!] as const] : [])),
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
}

/** The response contains nothing of the request, so that it is harmless in a browser. */
function answer(reply: FastifyReply, status: number | null): FastifyReply {
  return reply
    .code(status ?? 404)
    .headers({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    .send(status === 204 || status === 205 || status === 304 ? undefined : inboxResponseBody(status));
}
