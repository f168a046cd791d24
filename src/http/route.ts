import type { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import type { IdempotencyClaim } from '../account/idempotency.ts';

/** What a handler gets: everything in it has passed its schema. */
export interface Ctx<Body, Query> {
  caller: Caller;
  body: Body;
  query: Query;
  /** Path parameters; ids are well-formed (a malformed one was answered 404 before). */
  params: Record<string, string>;
  /** Versions named by If-Match, null where the header is missing or `*`. */
  ifMatch: readonly number[] | null;
  /** The claim to the request's Idempotency-Key, where it has one. */
  claim: IdempotencyClaim | undefined;
  /** The path with its query as asked for, to build a next_url from. */
  url: string;
}

export interface Answer {
  status: number;
  /** JSON text, or a value to make it from; null for none. */
  body: string | object | null;
  headers?: Record<string, string>;
}

/** One route: what the server mounts, guards, validates and describes from one place. */
export interface Route<Body = unknown, Query = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` parameters, as in `/api/v1/contacts/:id`. */
  path: string;
  /** What a key needs; null where any valid key will do. */
  scope: string | null;
  tag: string;
  summary: string;
  description?: string;
  body?: z.ZodType<Body>;
  query?: z.ZodType<Query>;
  /** The handler goes by `ifMatch`. */
  heedsIfMatch?: boolean;
  /** How a path parameter must look, else the answer is 404. Default: a UUID. */
  params?: Record<string, RegExp>;
  /** Status to schema or description, for the reference. */
  answers: Record<number, z.ZodType | string>;
  handle(ctx: Ctx<Body, Query>): Promise<Answer>;
}

/** Whether requests with this method may carry an Idempotency-Key (contracts section 7). */
export function takesIdempotencyKey(method: Route['method']): boolean {
  return method === 'POST' || method === 'PATCH';
}

/** Keeps a route's own types while it is written, and lets routes of all types stand in one list. */
export function route<Body = undefined, Query = undefined>(definition: Route<Body, Query>): Route {
  return definition;
}
