import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingRequest } from '../delivery/inbox-request.ts';
import { inboxResponseBody, type Inboxes } from '../delivery/inbox.ts';

const BODY_LIMIT = 262_144;

/** The receiving end of test inboxes: any method, any content type, and nobody is asked who they are. */
export function mountInboxes(app: FastifyInstance, inboxes: Pick<Inboxes, 'receive'>): void {
  // In a scope of its own, where bodies are not read but kept.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // A Content-Type that is none would be refused before anything is read; the headers are kept as they came.
    scope.addHook('onRequest', (request, _reply, next) => {
      request.raw.headers['content-type'] = 'application/octet-stream';
      next();
    });
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.all<{ Params: { token: string } }>(
      '/inbox/:token',
      { schema: { hide: true }, bodyLimit: BODY_LIMIT },
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

/** It shows nothing of what was sent: whatever a browser makes of it must be harmless. */
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
