import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, Callers } from '../account/caller.ts';
import type { Sessions } from '../account/session.ts';
import type { UsageMeter } from '../account/usage.ts';
import { ApiError } from '../base/errors.ts';
import { admit, authenticate } from './authenticate.ts';
import { asksForPage } from './pages.ts';
import { rateLimitHeaders } from './rate-limit.ts';
import { errorBody } from './error-response.ts';
import { requestId, requestIdIn } from './request-id.ts';
import { reservedPaths } from './reserved-paths.ts';
import type { ErrorStyle, Route } from './route.ts';

declare module 'fastify' {
  interface FastifyInstance {
    knownPaths: KnownPaths;
    /** Responds to a request without a route. */
    refuse(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
    /**
     * Counts a request that the router rejects. Throws `rate_limited` or `forbidden` if the caller may not
     * proceed.
     */
    countRefused(request: FastifyRequest): Promise<void>;
  }
}

interface Parts {
  callers: Callers;
  sessions: Sessions;
  usage: UsageMeter;
  publicUrl: string;
  /** First segments of the dashboard's own paths. */
  dashboardPages: readonly string[];
}

/** The paths of all routes, to distinguish a wrong method from a wrong path. */
export interface KnownPaths {
  /**
   * Why a request has no route: `method_not_allowed` with Allow if the path has other methods, else `not_found`;
   * with the error style of the path.
   * @param path without its query
   */
  refusal(method: string, path: string): { error: ApiError; style: ErrorStyle | null; allow: string | null };
}

/** Collects the paths of the routes that are registered later. */
export function knownPaths(app: FastifyInstance): KnownPaths {
  const known: { pattern: RegExp; isFixed: boolean; method: string; style: ErrorStyle | undefined }[] = [];
  app.addHook('onRoute', ({ url, method, config }) => {
    const pattern = patternOf(url);
    const isFixed = !/[:*]/.test(url);
    for (const item of [method].flat()) known.push({ pattern, isFixed, method: item, style: config?.errors });
  });
  return {
    refusal(method, path) {
      const matching = known.filter(({ pattern }) => pattern.test(path));
      const fixed = matching.filter(({ isFixed }) => isFixed);
      const takers = fixed.length > 0 ? fixed : matching;
      const style = takers.find((item) => item.style)?.style ?? null;
      const methods = [...new Set(takers.map((item) => item.method))];
      // A route with a wildcard, such as that of the assets, may not have the requested path.
      if (methods.length === 0 || methods.includes(method))
        return { error: new ApiError('not_found', 'There is nothing at this path.'), style, allow: null };
      const allow = methods.join(', ');
      const error = new ApiError('method_not_allowed', `This path accepts ${allow}.`, { allow });
      return { error, style, allow };
    },
  };
}

function patternOf(url: string): RegExp {
  const pattern = url.replaceAll('.', '\\.').replace(/:\w+(?:\([^)]*\))?/g, '[^/]+');
  return new RegExp(`^${pattern.replace(/\*$/, '.*')}/?$`);
}

/**
 * The fixed paths that also match a path with parameters, as `POST …/batch` matches `GET …/:id`: there the method
 * must be rejected. Null if there are none.
 */
export function shadowedPaths(
  { method, path: open }: Pick<Route, 'method' | 'path'>,
  routes: readonly Route[],
): ReadonlySet<string> | null {
  if (!open.includes(':')) return null;
  const pattern = patternOf(open);
  const fixed = routes.filter(({ path }) => !path.includes(':') && pattern.test(path));
  const own = new Set(fixed.filter((item) => item.method === method).map(({ path }) => path));
  const found = new Set(fixed.map(({ path }) => path).filter((path) => !own.has(path)));
  return found.size > 0 ? found : null;
}

/**
 * Responds to requests without a route: the dashboard for a browser, else 405 with Allow or 404. A request with a
 * valid key or session counts like any other and gets the same headers; any other gets a response without them.
 */
export function answerUnknownPaths(app: FastifyInstance, parts: Parts): void {
  const known = knownPaths(app);
  const reserved = reservedPaths(app, parts.dashboardPages);

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (app.sendPage && asksForPage(request, reserved)) return app.sendPage(reply);
    const { error, style, allow } = known.refusal(request.method, request.url.split('?', 1)[0]!);
    request.refusedStyle = style;
    request.caller = await validCaller(parts, request);
    try {
      if (request.caller) admit(request.caller, null);
    } catch (refused) {
      recordUsage(request, refused as ApiError);
      throw refused;
    }
    if (request.method !== 'OPTIONS' || allow === null) {
      recordUsage(request, error);
      throw error;
    }
    recordUsage(request, { status: 204 });
    return reply
      .code(204)
      .headers({ allow: `${allow}, OPTIONS`, 'x-request-id': request.id })
      .headers(request.caller ? rateLimitHeaders(request.caller) : {})
      .send();
  }

  async function countRefused(request: FastifyRequest): Promise<void> {
    request.caller = await validCaller(parts, request);
    if (request.caller) admit(request.caller, null);
  }

  /** Requests with a route are recorded by the route. */
  function recordUsage({ is404, caller }: FastifyRequest, { status }: { status: number }): void {
    if (is404 && caller?.via.kind === 'api_key')
      parts.usage.record({ workspaceId: caller.workspaceId, id: caller.via.id }, status);
  }

  app.decorate('knownPaths', known);
  app.decorate('reservedPaths', reserved);
  app.decorate('refuse', answer);
  app.decorate('countRefused', countRefused);
  // Node reports CONNECT requests by an event of their own.
  app.server.on('connect', ({ url = '', headers }, socket) =>
    refuseOn(socket, known.refusal('CONNECT', url), requestId(headers['x-request-id'])),
  );
  // A separate scope, whose hook runs only for these requests: their bodies are not even read.
  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', answer);
    // For missing files, whose route has run already.
    scope.setNotFoundHandler((request) => {
      throw known.refusal(request.method, request.url.split('?', 1)[0]!).error;
    });
    done();
  });
}

/** The caller of the request; null if the key or session is invalid or missing. */
async function validCaller(parts: Parts, request: FastifyRequest): Promise<Caller | null> {
  const { authorization, cookie } = request.headers;
  if (authorization === undefined && cookie === undefined && request.headers['x-api-key'] === undefined)
    return null;
  try {
    return await authenticate(parts, request);
  } catch (error) {
    // An unreachable database must be reported as such.
    if (error instanceof ApiError && error.code !== 'unavailable') return null;
    throw error;
  }
}

/** Longer than any HTTP method. */
const MAX_METHOD = 64;
/** A request line with its path, for a method that Node does not know. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~\w-]{1,64} (\/[^\s?#]*)[^\s]* HTTP\/1\.[01]\r?\n/;

/**
 * Responds to a method that Node's parser does not know. Such a request never reaches Fastify, so the 405 is
 * written to the socket.
 * @returns whether the error was an unknown method
 */
export function answerUnknownMethod(
  app: FastifyInstance,
  { code, rawPacket, bytesParsed = 0 }: { code?: string; rawPacket?: unknown; bytesParsed?: number },
  socket: Duplex,
): boolean {
  // After another request in the same packet, that response has to be sent first: the connection is closed
  // instead.
  if (
    code !== 'HPE_INVALID_METHOD' ||
    bytesParsed > MAX_METHOD ||
    !Buffer.isBuffer(rawPacket) ||
    !socket.writable
  )
    return false;
  const path = REQUEST_LINE.exec(rawPacket.subarray(0, 4096).toString('latin1'))?.[1];
  if (path === undefined) return false;
  refuseOn(socket, app.knownPaths.refusal('', path), requestIdIn(rawPacket));
  return true;
}

/** Writes the response to the socket and closes it. */
function refuseOn(socket: Duplex, { error, style }: ReturnType<KnownPaths['refusal']>, id: string): void {
  const body = (style?.body ?? errorBody)(error, id);
  const headers = {
    ...error.headers,
    'cache-control': 'no-store',
    'x-request-id': id,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${body}`);
}
