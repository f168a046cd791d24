import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify';
import type { Caller, Callers } from '../account/caller.ts';
import type { Sessions } from '../account/session.ts';
import type { UsageMeter } from '../account/usage.ts';
import type { IdempotencyClaim } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isCompressible, sendCompressed } from './answer-compression.ts';
import { BODY_LIMIT } from './body.ts';
import { answerOf, errorOf, lookUpCaller, rememberedCaller } from './caller-admission.ts';
import { MULTIPART_OVERHEAD_BYTES, readUploads } from './file-upload.ts';
import { readForms } from './form-body.ts';
import { MAX_FIELDS } from './form-field.ts';
import { readJson } from './json-body.ts';
import { MAX_PARAM_LENGTH, readQuery } from './query.ts';
import { rateLimitHeaders } from './rate-limit.ts';
import { errorBody, errorText } from './error-response.ts';
import { shownError } from './fastify-error.ts';
import { requestId, requestIdIn } from './request-id.ts';
import type { RouteCall } from './route-call.ts';
import type { Answer, ErrorStyle, Route, TextStream } from './route.ts';
import { checkOrigin } from './session-cookie.ts';
import { answerUnknownMethod, answerUnknownPaths, shadowedPaths } from './unknown-paths.ts';

export interface ServerParts {
  callers: Callers;
  sessions: Sessions;
  usage: UsageMeter;
  log: Logger;
  trustProxy: readonly string[];
  /** The public URL of this installation, or '' if it is not configured. */
  publicUrl: string;
  /** First segments of the dashboard's own paths. */
  dashboardPages: readonly string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    claim: IdempotencyClaim | null;
    /** The body may contain a value that cannot be stored unchanged. */
    isSuspect: boolean;
    /** The error style of a path that does not accept the method. */
    refusedStyle: ErrorStyle | null;
  }
  interface FastifyContextConfig {
    takesForms?: boolean;
    takesFile?: boolean;
    /** Maximum fields of a JSON body; default: no limit. */
    maxFields?: number;
    errors?: ErrorStyle;
    /** The scope of a route whose caller may be remembered. */
    scope?: string | null;
  }
}

/**
 * Routes have no schemas for Fastify: route-call.ts validates, and answers are text. Its own compilers would be loaded at
 * every start.
 */
const NO_COMPILERS = { buildValidator: () => () => () => true, buildSerializer: () => () => JSON.stringify };

/** Makes a Fastify server with the API's errors, ids and JSON, without routes. */
export function makeServer(parts: ServerParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    trustProxy: parts.trustProxy.length > 0 ? [...parts.trustProxy] : false,
    // A request must arrive completely within a minute; the idle timeout is longer than that of common proxies.
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, querystringParser: readQuery },
    // A request that the router rejects, such as `/%zz`, never reaches a route.
    frameworkErrors: (error, request, reply) =>
      void app
        .countRefused(request)
        .then(
          () => error,
          (refused: Error) => refused,
        )
        .then((shown) => {
          sendError(parts.log, shown, request, reply);
          recordUsage(parts.usage, request, reply);
        }),
    clientErrorHandler: (error, socket) =>
      answerUnknownMethod(app, error, socket) || answerBrokenHttp(error, socket),
    logger: false,
    schemaController: { compilersFactory: NO_COMPILERS as never },
  });
  app.decorateRequest('caller', null);
  app.decorateRequest('claim', null);
  app.decorateRequest('rawBody', null);
  app.decorateRequest('jsonText', null);
  app.decorateRequest('isSuspect', false);
  app.decorateRequest('form', null);
  app.decorateRequest('upload', null);
  app.decorateRequest('refusedStyle', null);
  // Removes Fastify's own parsers, which accept plain text.
  app.removeAllContentTypeParsers();
  storeNothing(app);
  readJson(app);
  readForms(app);
  app.setErrorHandler(async (error, request, reply) =>
    sendError(parts.log, await errorOf(parts, request, error as Error), request, reply),
  );
  answerUnknownPaths(app, parts);
  return app;
}

/**
 * Responses contain personal data or depend on access rights: browsers and proxies must not store them. Static
 * files override this.
 */
function storeNothing(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    // The reference page is the same for everyone.
    if (!request.url.startsWith('/docs')) void reply.header('cache-control', 'no-store');
    done();
  });
}

/**
 * Mounts routes. Each request is checked for key and scope, then the body is read; then the route's call validates and
 * answers it (`makeRouteCalls`).
 */
export function mount(
  app: FastifyInstance,
  calls: ReadonlyMap<Route, RouteCall>,
  parts: Pick<ServerParts, 'callers' | 'sessions' | 'usage' | 'publicUrl'>,
): void {
  const routes = [...calls.keys()];
  for (const [route, call] of calls) {
    const shadowed = shadowedPaths(route, routes);
    const isShadowed = ({ url }: FastifyRequest) => shadowed !== null && shadowed.has(url.split('?', 1)[0]!);
    /** Admits a request whose caller is not remembered. @returns whether it was answered instead */
    const admitted = async (request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
      if (isShadowed(request)) {
        await app.refuse(request, reply);
        return true;
      }
      if (route.open) checkOrigin(request, parts.publicUrl, 'optional');
      else await lookUpCaller(parts, route.scope, request);
      return false;
    };
    const options: RouteOptions = {
      method: route.method,
      url: route.path,
      config: {
        ...(route.formBody && { takesForms: true }),
        ...(route.takesFile && { takesFile: true }),
        ...(route.open && { maxFields: MAX_FIELDS }),
        ...(route.errors && { errors: route.errors }),
        ...(route.checksCaller && { scope: route.scope }),
      },
      ...(route.takesFile && { bodyLimit: route.takesFile.maxBytes + MULTIPART_OVERHEAD_BYTES }),
      // Neither hook nor handler is an async function: for most requests, each would only add promises.
      onRequest(request, reply, done) {
        request.caller = isShadowed(request) ? null : rememberedCaller(parts, route, request);
        if (request.caller) done();
        else void admitted(request, reply).then((isAnswered) => isAnswered || done(), done);
      },
      onResponse(request, reply, done) {
        recordUsage(parts.usage, request, reply);
        done();
      },
      handler(request, reply) {
        void answerOf(parts, route, request, () => call(request, () => goneSignal(reply)))
          .then((answer) => send(route, reply, answer))
          .catch((error: unknown) => reply.send(error));
      },
    };
    if (route.takesFile) mountUpload(app, options);
    else app.route(options);
  }
}

/** In a scope of its own, whose parsers read every body as a file. */
function mountUpload(app: FastifyInstance, options: RouteOptions): void {
  void app.register((scope, _options, done) => {
    readUploads(scope);
    scope.route(options);
    done();
  });
}

/** Counts an answered request of a key. */
export function recordUsage(
  usage: UsageMeter,
  { caller }: FastifyRequest,
  { statusCode }: FastifyReply,
): void {
  if (caller?.via.kind === 'api_key')
    usage.record({ workspaceId: caller.workspaceId, id: caller.via.id }, statusCode);
}

/** The response closes with the connection or after it was sent; from then on no signal is needed. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  // The client may have disconnected during authentication.
  if (reply.raw.destroyed) gone.abort();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

function send(route: Route, reply: FastifyReply, answer: Answer): unknown {
  reply.code(answer.status).headers(commonHeaders(reply.request));
  if (answer.headers) reply.headers(answer.headers);
  if (answer.stream) return sendStream(reply.header('content-type', route.streams), answer.stream);
  if (answer.bytes) return reply.send(answer.bytes);
  if (answer.body === null) return reply.send();
  reply.header('content-type', JSON_TYPE);
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  if (isCompressible(route, reply, text)) return sendCompressed(reply, text);
  return reply.send(text.length > LONG_TEXT ? Buffer.from(text) : text);
}

/** Longer texts are sent as bytes: Node would copy them once more to put the headers before them, and encode them slower. */
const LONG_TEXT = 8_192;

/** How long the last pieces of a stream may take to be read after its end, in milliseconds. */
const STREAM_GRACE_MS = 500;

function sendStream(reply: FastifyReply, { pieces, until }: TextStream): FastifyReply {
  const cut = () => setTimeout(() => reply.raw.destroy(), STREAM_GRACE_MS).unref();
  until.addEventListener('abort', cut, { once: true });
  return reply.send(Readable.from(pieces, { highWaterMark: 1 }));
}

const JSON_TYPE = 'application/json; charset=utf-8';

function commonHeaders(request: FastifyRequest): Record<string, string> {
  return {
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    ...(request.caller && rateLimitHeaders(request.caller)),
  };
}

function sendError(
  log: Logger,
  error: Error & { statusCode?: number; code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const known = shownError(error, request);
  if (known === null) {
    log.error(
      {
        err: { message: error.message, stack: error.stack },
        request_id: request.id,
        path: request.routeOptions.url,
      },
      'request failed',
    );
  }
  const shown =
    known ?? new ApiError('server_error', 'Something went wrong on our side; report the request id.');
  reply.headers(shown.headers);
  const isUnauthorized = shown.code === 'unauthorized' || shown.code === 'api_key_expired';
  if (isUnauthorized && shown.headers['www-authenticate'] === undefined)
    reply.header('www-authenticate', 'Bearer');
  return reply
    .code(shown.status)
    .headers(commonHeaders(request))
    .header('content-type', JSON_TYPE)
    .header('cache-control', 'no-store')
    .send(errorText(shown, styleOf(request), request));
}

/** The error style of the route or, for a method that the path does not accept, of the path. */
function styleOf({ refusedStyle, routeOptions }: FastifyRequest): ErrorStyle | undefined {
  return refusedStyle ?? routeOptions.config.errors;
}

/** Data that is not HTTP never becomes a request: the response is written to the socket, which is then closed. */
function answerBrokenHttp(error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const tooSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooSlow
    ? '408 Request Timeout'
    : tooLarge
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  const message = tooSlow
    ? 'The request did not arrive in time.'
    : tooLarge
      ? 'The headers are too large.'
      : 'This is not HTTP.';
  const id = requestIdIn(error.rawPacket);
  const body = errorBody(new ApiError('validation_error', message), id);
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncache-control: no-store\r\nx-request-id: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
