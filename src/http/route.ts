import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import type { IdempotencyClaim } from '../account/idempotency.ts';
import type { ApiError } from '../base/errors.ts';
import type { FormFields } from './form-body.ts';

/** The context of a handler; everything in it has passed its schema. */
export interface Ctx<Body, Query> {
  caller: Caller;
  body: Body;
  /** The body as sent, before its schema. */
  sent: unknown;
  /** The body as JSON text, for storage; exactly as sent if it was JSON. */
  sentText(): string;
  query: Query;
  /** Path parameters; ids are well-formed (a malformed id gets 404 earlier). */
  params: Record<string, string>;
  /** Versions of If-Match; null if the header is missing or `*`. */
  ifMatch: readonly number[] | null;
  /** The claim on the request's Idempotency-Key, if it has one. */
  claim: IdempotencyClaim | undefined;
  /** The requested path with its query, to build a next_url from. */
  url: string;
  client: Client;
  /** The bytes of the file, of a route that takes one; null if the body is missing. */
  upload: Buffer | null;
}

/** The client's connection. */
export interface Client {
  /** An IP address; behind a trusted proxy, the address that the proxy reports. */
  address: string;
  /** Whether the client uses HTTPS. */
  secure: boolean;
  /** Aborts when the client disconnects before the response is complete; created on first call. */
  gone(): AbortSignal;
  /** The Referer header. */
  referrer: string | undefined;
  /** The Last-Event-ID header of a client that resumes a stream. */
  lastEventId: string | undefined;
}

/**
 * A request that was admitted and whose body was read. A Fastify request is one as it is, so that the hot path copies
 * nothing; `invoke.ts` makes the others.
 */
export interface RouteRequest {
  readonly method: string;
  /** The path with its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Path parameters by name. */
  readonly params: unknown;
  /** The query by `readQuery`. */
  readonly query: unknown;
  readonly body: unknown;
  readonly ip: string;
  readonly protocol: string;
  /** Null for an open route. */
  readonly caller: Caller | null;
  readonly form: FormFields | null;
  /** The bytes of the file, of a route that takes one. */
  readonly upload: Buffer | null;
  /** The body may contain a value that cannot be stored unchanged. */
  readonly isSuspect: boolean;
  readonly jsonText: string | null;
  readonly rawBody: Buffer | null;
  /** Set by the call while it runs. */
  claim: IdempotencyClaim | null;
}

/** A response body that is sent in pieces. */
export interface TextStream {
  /** The next piece is requested once there is room for it. */
  pieces: AsyncIterable<string>;
  /**
   * Aborts when the stream has to end. Pieces that do not end soon after are cut off, as for a client that has
   * stopped reading.
   */
  until: AbortSignal;
}

export interface Answer {
  status: number;
  /** JSON text, or a value to serialize; null for an empty body. */
  body: string | object | null;
  /** Sent in place of the body; `headers` has their content type. */
  bytes?: Buffer;
  /** Sent in place of the body; its content type is the route's `streams`. */
  stream?: TextStream;
  headers?: Record<string, string>;
}

/** The error format of a route that follows another system's API. */
export interface ErrorStyle {
  body(error: ApiError, requestId: string): string;
  /** For the OpenAPI document. */
  shape: z.ZodType;
  /** Whether a request with these headers gets them; default: every request. */
  appliesTo?(headers: IncomingHttpHeaders): boolean;
}

/** What an answer is rendered for. */
export interface RenderContext {
  caller: Caller;
  headers: IncomingHttpHeaders;
}

/** One route: the server mounts, guards, validates and describes it from this definition. */
export interface Route<Body = unknown, Query = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** May contain `:name` parameters, as in `/api/v1/contacts/:id`. */
  path: string;
  /** The required scope of a key or a member; null if none is required. */
  scope: string | null;
  /** Public, without an API key: there is no caller. */
  open?: boolean;
  tag: string;
  summary: string;
  description?: string;
  body?: z.ZodType<Body>;
  query?: z.ZodType<Query>;
  /** The schema of the body where it depends on the caller; `body` describes all of them in the reference. */
  bodyFor?(caller: Caller): z.ZodType<Body>;
  /** Fields that a client may send back as it read them, and that are ignored. */
  ignored?: readonly string[];
  /** The handler validates the items of the body individually, so that an invalid item does not reject the others. */
  validatesItems?: boolean;
  /** Converts form fields to a body, if the route accepts forms. */
  formBody?(fields: FormFields): unknown;
  /** Default: see http/error-response.ts. */
  errors?: ErrorStyle;
  /**
   * The key of the caller is not looked up before the handler runs, if it is remembered. A route that writes: the statement
   * checks it, so all that the handler writes has to go through `RecordStore`, or be refused by `requireChecked`
   * (account/caller-check.ts). A GET: it is looked up while the handler reads, which must have no effects.
   */
  checksCaller?: boolean;
  /** Answers to its reads have secrets next to text that others chose: they are never compressed (answer-compression.ts). */
  hasSecrets?: boolean;
  /** The handler uses `ifMatch`. */
  supportsIfMatch?: boolean;
  /** The pattern of path parameters; other values get 404. Default: a UUID. */
  params?: Record<string, RegExp>;
  /** The body is a file: its bytes, or a form with it. `types` are for the document. */
  takesFile?: { maxBytes: number; types: readonly string[] };
  /** The content type of the stream or of the bytes, if it responds with either. */
  streams?: string;
  /** Status to schema or description, for the OpenAPI document; errors need only a description. */
  answers: Record<number, z.ZodType | string>;
  handle(ctx: Ctx<Body, Query>): Promise<Answer>;
  /**
   * Makes what is sent of what the handler answered, or of what was stored of it under an Idempotency-Key. Left out:
   * it is sent as it is.
   */
  render?(answer: Answer, context: RenderContext): Promise<Answer>;
}

/** Whether requests to it may have an Idempotency-Key (docs/requirements.md, section 7). */
export function takesIdempotencyKey({ method, open }: Pick<Route, 'method' | 'open'>): boolean {
  return (method === 'POST' || method === 'PATCH') && !open;
}

/** Infers a route's types where it is defined, and erases them so that all routes fit in one list. */
export function route<Body = undefined, Query = undefined>(definition: Route<Body, Query>): Route {
  return definition;
}

/** A public route: its handler gets no caller. */
export function openRoute<Body = undefined, Query = undefined>(
  definition: Omit<Route<Body, Query>, 'scope' | 'open' | 'handle'> & {
    handle(ctx: Omit<Ctx<Body, Query>, 'caller' | 'claim'>): Promise<Answer>;
  },
): Route {
  return route<Body, Query>({ ...definition, scope: null, open: true });
}
