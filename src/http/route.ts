import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import type { IdempotencyClaim } from '../account/idempotency.ts';
import type { ApiError } from '../base/errors.ts';
import type { FormFields } from './form-body.ts';

/** What a handler gets: everything in it has passed its schema. */
export interface Ctx<Body, Query> {
  caller: Caller;
  body: Body;
  /** The body as it came, before its schema. */
  sent: unknown;
  /** The body as JSON text, to keep: exactly as it came, where it came as JSON. */
  sentText(): string;
  query: Query;
  /** Path parameters; ids are well-formed (a malformed one was answered 404 before). */
  params: Record<string, string>;
  /** Versions named by If-Match, null where the header is missing or `*`. */
  ifMatch: readonly number[] | null;
  /** The claim to the request's Idempotency-Key, where it has one. */
  claim: IdempotencyClaim | undefined;
  /** The path with its query as asked for, to build a next_url from. */
  url: string;
  client: Client;
}

/** Whoever is at the other end of the line. */
export interface Client {
  /** An IP address; behind a trusted proxy, the one it names. */
  address: string;
  /** Whether they came over HTTPS. */
  secure: boolean;
  /** Fires when they hang up before they have the answer; made where it is asked for. */
  gone(): AbortSignal;
  /** The page they came from, as their Referer says. */
  referrer: string | undefined;
  /** The last event of a stream that broke off, as whoever takes it up again says. */
  lastEventId: string | undefined;
}

/** A body that is told piece by piece, for as long as there is something to tell and somebody who reads. */
export interface TextStream {
  /** The next is asked for once there is room for it. */
  pieces: AsyncIterable<string>;
  /** Fires where it has to end. Pieces that don't soon after are cut off, as of a client that has stopped reading. */
  until: AbortSignal;
}

export interface Answer {
  status: number;
  /** JSON text, or a value to make it from; null for none. */
  body: string | object | null;
  /** In place of the body; the route says of what type. */
  stream?: TextStream;
  headers?: Record<string, string>;
}

/** How the errors of a route look, where another system's API says it. */
export interface ErrorStyle {
  body(error: ApiError, requestId: string): string;
  /** For the reference. */
  shape: z.ZodType;
  /** Whether a request with these headers gets them; default: every request. */
  appliesTo?(headers: IncomingHttpHeaders): boolean;
}

/** What an answer is rendered for. */
export interface RenderContext {
  caller: Caller;
  headers: IncomingHttpHeaders;
}

/** One route: what the server mounts, guards, validates and describes from one place. */
export interface Route<Body = unknown, Query = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` parameters, as in `/api/v1/contacts/:id`. */
  path: string;
  /** What a key or a member needs; null where any will do. */
  scope: string | null;
  /** Open to everybody, without a key: there is no caller. */
  open?: boolean;
  tag: string;
  summary: string;
  description?: string;
  body?: z.ZodType<Body>;
  query?: z.ZodType<Query>;
  /** The schema of the body where it depends on who asks; `body` describes all of them in the reference. */
  bodyFor?(caller: Caller): z.ZodType<Body>;
  /** Fields that a client may send back as it read them, and that are ignored. */
  ignored?: readonly string[];
  /** The handler validates the items of the body one by one: a bad one does not refuse the others. */
  validatesItems?: boolean;
  /** What the fields of a form are as a body, where the route takes forms too. */
  formBody?(fields: FormFields): unknown;
  /** Default: http/reply.ts. */
  errors?: ErrorStyle;
  /** The handler goes by `ifMatch`. */
  supportsIfMatch?: boolean;
  /** How a path parameter must look, else the answer is 404. Default: a UUID. */
  params?: Record<string, RegExp>;
  /** The content type of its stream, where it answers with one. */
  streams?: string;
  /** Status to schema or description, for the reference; an error's description alone, its shape is known. */
  answers: Record<number, z.ZodType | string>;
  handle(ctx: Ctx<Body, Query>): Promise<Answer>;
  /**
   * Makes what is sent of what the handler answered, or of what was stored of it under an Idempotency-Key. Left out:
   * it is sent as it is.
   */
  render?(answer: Answer, context: RenderContext): Promise<Answer>;
}

/** Whether requests to it may carry an Idempotency-Key (contracts section 7). */
export function takesIdempotencyKey({ method, open }: Pick<Route, 'method' | 'open'>): boolean {
  return (method === 'POST' || method === 'PATCH') && !open;
}

/** Keeps a route's own types while it is written, and lets routes of all types stand in one list. */
export function route<Body = undefined, Query = undefined>(definition: Route<Body, Query>): Route {
  return definition;
}

/** A route that is open to everybody: its handler gets no caller. */
export function openRoute<Body = undefined, Query = undefined>(
  definition: Omit<Route<Body, Query>, 'scope' | 'open' | 'handle'> & {
    handle(ctx: Omit<Ctx<Body, Query>, 'caller' | 'claim'>): Promise<Answer>;
  },
): Route {
  return route<Body, Query>({ ...definition, scope: null, open: true });
}
