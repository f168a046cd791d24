import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../account/caller.ts';
import { ApiError, invalid } from '../base/errors.ts';
import { admit } from './authenticate.ts';
import { BODY_LIMIT, bodyTooLarge } from './body.ts';
import { MAX_FIELDS } from './form-field.ts';
import type { JsonParser } from './json-body.ts';
import { parseJson } from './json-parser.ts';
import { MAX_PARAM_LENGTH, readQuery } from './query.ts';
import type { RouteCall } from './route-call.ts';
import type { Answer, Route, RouteRequest } from './route.ts';

/** A request to a route from within the program. */
export interface Invocation {
  /** Who acts. The plan's windows count requests at authentication, so several invocations may share one caller. */
  caller: Caller;
  /** Path parameters by name. */
  params?: Readonly<Record<string, string>>;
  /** Query parameters by name, as text; a list for a parameter that occurs several times. */
  query?: Readonly<Record<string, string | readonly string[]>>;
  /** Any value that JSON can hold; left out if the request has no body. */
  body?: unknown;
  /** Headers that the route reads, by lower-case name: `if-match`, `idempotency-key`, `prefer`, `referer`. */
  headers?: IncomingHttpHeaders;
  /** The IP address of the client on whose behalf it is, if there is one. */
  address?: string;
  /** Aborts when the answer is no longer needed. */
  signal?: AbortSignal;
}

/**
 * Calls a route without HTTP, with the checks and the answer of a request: plan and scope, body, parameters, query,
 * If-Match, Idempotency-Key. A key that HTTP has used gets the same answer again, and the reverse.
 * @throws ApiError for a refused request; `errorText` renders it as HTTP does
 */
export type Invoke = (route: Route, invocation: Invocation) => Promise<Answer>;

/** The routes of the API, for other callers than HTTP. */
export interface Api {
  routes: readonly Route[];
  invoke: Invoke;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Undefined in a process without the service `api`. */
    api?: Api;
  }
}

/** @param parse parses JSON as the server does */
export function makeApi(calls: ReadonlyMap<Route, RouteCall>, parse: JsonParser): Api {
  return {
    routes: [...calls.keys()],
    async invoke(route, invocation) {
      const call = calls.get(route);
      if (!call) throw new Error(`${route.method} ${route.path} is not a route of the API`);
      if (!route.open) admit(invocation.caller, route.scope);
      const request = requestOf(route, invocation, parse);
      const signal = invocation.signal ?? new AbortController().signal;
      return call(request, () => signal);
    },
  };
}

function requestOf(route: Route, invocation: Invocation, parse: JsonParser): RouteRequest {
  const { caller, params = {}, query = {}, headers = {}, address = '' } = invocation;
  const search = searchOf(query);
  return {
    method: route.method,
    url: pathOf(route, params) + (search === '' ? '' : `?${search}`),
    headers,
    // The call writes the canonical ids into it.
    params: { ...params },
    query: readQuery(search),
    ip: address,
    protocol: 'https',
    caller: route.open ? null : caller,
    form: null,
    upload: null,
    claim: null,
    ...bodyOf(route, invocation.body, parse),
  };
}

/** The path as a client would request it. Throws `not_found` as the router does. */
function pathOf({ path }: Route, params: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${path} needs the parameter ${name}`);
    if (value.length > MAX_PARAM_LENGTH) throw new ApiError('not_found', 'There is nothing at this path.');
    return encodeURIComponent(value.toWellFormed());
  });
}

function searchOf(query: Readonly<Record<string, string | readonly string[]>>): string {
  return Object.entries(query)
    .flatMap(([name, values]) =>
      [values].flat().map((value) => `${encoded(name, name)}=${encoded(value, name)}`),
    )
    .join('&');
}

function encoded(text: string, name: string): string {
  // Half of a surrogate pair has no UTF-8.
  if (!text.isWellFormed()) throw invalid(name.toWellFormed(), 'is not valid UTF-8');
  return encodeURIComponent(text);
}

/** The body as the server reads it from the wire, so that the same values are refused. */
function bodyOf(
  route: Route,
  body: unknown,
  parse: JsonParser,
): Pick<RouteRequest, 'body' | 'jsonText' | 'rawBody' | 'isSuspect'> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  if (text === undefined) return { body: undefined, jsonText: null, rawBody: null, isSuspect: false };
  const rawBody = Buffer.from(text);
  if (rawBody.length > BODY_LIMIT) throw bodyTooLarge();
  const { value, isSuspect } = parseJson(text, parse, route.open ? MAX_FIELDS : undefined);
  return { body: value, jsonText: text, rawBody, isSuspect };
}
