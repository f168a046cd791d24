import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import { findUnstorable } from '../base/values/unstorable.ts';
import { rawKey } from '../http/authenticate.ts';
import { lookUpCaller } from '../http/caller-admission.ts';
import { rateLimitHeaders } from '../http/rate-limit.ts';
import type { ErrorStyle } from '../http/route.ts';
import { recordUsage, type ServerParts } from '../http/server.ts';
import { checkOrigin } from '../http/session-cookie.ts';
import type { McpParts } from './mcp-handler.ts';

const MCP_PATH = '/mcp';

/** JSON-RPC: the body is not JSON; the request is refused before any method runs. */
const PARSE_ERROR = -32_700;
const REFUSED = -32_000;

const errors: Pick<ErrorStyle, 'body'> = {
  body: ({ code, message }, requestId) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: code === 'validation_error' ? PARSE_ERROR : REFUSED,
        message,
        data: { code, request_id: requestId },
      },
    }),
};

type EndpointParts = Omit<McpParts, 'api'> &
  Pick<ServerParts, 'callers' | 'sessions' | 'usage' | 'publicUrl'> & {
    /** `WWW-Authenticate` of a refused request: where a client finds out how to get a token. */
    challenge(request: FastifyRequest, hasToken: boolean): string;
  };

/**
 * Mounts the Model Context Protocol over streamable HTTP, with no sessions: any process answers any request. Only keys and
 * access tokens are accepted, no cookies, so that no page in a browser can use it. The protocol is loaded with the first request.
 */
export function mountMcp(app: FastifyInstance, parts: EndpointParts): void {
  let loading: ReturnType<typeof load> | undefined;
  const load = async () => {
    const { makeMcpHandler } = await import('./mcp-handler.ts');
    return makeMcpHandler({ ...parts, api: app.api! });
  };
  // Before the server waits for running requests.
  app.addHook('preClose', async () => (await loading)?.close());
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: MCP_PATH,
    config: { errors: errors as ErrorStyle },
    async onRequest(request) {
      checkPage(request, parts.publicUrl);
      const hasToken = rawKey(request.headers) !== null;
      try {
        if (!hasToken) throw new ApiError('unauthorized', 'Send an API key: Authorization: Bearer <key>.');
        await lookUpCaller(parts, null, request);
      } catch (error) {
        throw withChallenge(error, parts.challenge(request, hasToken));
      }
    },
    onResponse(request, reply, done) {
      recordUsage(parts.usage, request, reply);
      done();
    },
    async handler(request, reply) {
      const unstorable = request.isSuspect ? findUnstorable(request.body) : null;
      if (unstorable)
        throw new ApiError('validation_error', `${unstorable.path.join('.')}: ${unstorable.message}`);
      const handler = await (loading ??= load());
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const caller = request.caller!;
      const response = await handler.fetch(webRequest(request, gone.signal), {
        ...(request.body !== undefined && { parsedBody: request.body }),
        authInfo: authInfoOf(caller, request, gone.signal),
      });
      return send(reply, response, caller);
    },
  });
}

/** An error, with `WWW-Authenticate` if the key or token was refused. */
function withChallenge(error: unknown, challenge: string): unknown {
  if (!(error instanceof ApiError) || error.status !== 401) return error;
  const headers = { ...error.headers, 'www-authenticate': challenge };
  return new ApiError(error.code, error.message, { headers });
}

/**
 * Throws `forbidden` for a page of another site. Without a public URL, a page of this server is one at an address, not at a
 * name: anyone can point a name at this server (DNS rebinding).
 */
function checkPage(request: FastifyRequest, publicUrl: string): void {
  checkOrigin(request, publicUrl, 'optional');
  const { origin } = request.headers;
  if (origin === undefined || publicUrl !== '') return;
  const { hostname } = new URL(origin);
  if (hostname !== 'localhost' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0)
    throw new ApiError('forbidden', 'Set FAIRLEAD_PUBLIC_URL to use MCP from a page (Origin).');
}

function webRequest({ method, url, headers, rawBody }: FastifyRequest, signal: AbortSignal): Request {
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && name !== 'authorization' && name !== 'content-encoding')
      sent.set(name, [value].flat().join(', '));
  return new Request(`http://localhost${url}`, {
    method,
    headers: sent,
    signal,
    ...(method === 'POST' && { body: rawBody ? new Uint8Array(rawBody) : '' }),
  });
}

function authInfoOf(caller: Caller, { ip }: FastifyRequest, signal: AbortSignal) {
  return {
    token: '',
    clientId: caller.identity,
    scopes: [...caller.scopes],
    extra: { client: { caller, address: ip, signal } },
  };
}

function send(reply: FastifyReply, response: Response, caller: Caller): FastifyReply {
  reply.code(response.status).headers({
    'x-request-id': reply.request.id,
    'x-content-type-options': 'nosniff',
    ...rateLimitHeaders(caller),
  });
  for (const [name, value] of response.headers) if (name !== 'content-length') reply.header(name, value);
  if (!response.body) return reply.send();
  return reply.send(Readable.fromWeb(response.body));
}
