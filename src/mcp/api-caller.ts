import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import type { Api, Invocation } from '../http/invoke.ts';
import type { Route } from '../http/route.ts';

type Method = Route['method'];

/** What is sent to a route. */
type Sent = Pick<Invocation, 'params' | 'query' | 'body' | 'headers'>;

/** A body of the API. Tools pass it on, so its fields are not known here. */
export type Body = Record<string, unknown>;

/** Calls routes of the API on behalf of one caller. */
export class ApiCaller {
  readonly caller: Caller;
  readonly #api: Api;
  readonly #client: Pick<Invocation, 'address' | 'signal'>;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(
    api: Api,
    routes: ReadonlyMap<string, Route>,
    caller: Caller,
    client: Pick<Invocation, 'address' | 'signal'>,
  ) {
    this.#api = api;
    this.#routes = routes;
    this.caller = caller;
    this.#client = client;
  }

  /** Whether the caller has the scope of a route. @param path below /api/v1, with its parameters, as in `contacts/:id` */
  may(method: Method, path: string): boolean {
    const route = this.#routes.get(`${method} ${path}`);
    return route !== undefined && (route.scope === null || this.caller.may(route.scope));
  }

  /**
   * The body of an answer; `{}` if it has none.
   * @param as another caller than that of the request
   * @throws ApiError for a refused request
   */
  async call(method: Method, path: string, sent: Sent = {}, as: Caller = this.caller): Promise<Body> {
    const route = this.#routes.get(`${method} ${path}`);
    if (!route) throw new ApiError('not_found', `There is nothing at ${path}.`);
    const { headers } = sent;
    const { body } = await this.#api.invoke(route, {
      ...sent,
      ...this.#client,
      caller: as,
      // Some routes answer another system's receipt otherwise.
      headers: { prefer: 'return=representation', ...headers },
    });
    if (body === null || body === '') return {};
    return (typeof body === 'string' ? JSON.parse(body) : JSON.parse(JSON.stringify(body))) as Body;
  }
}

/** The routes by method and path below /api/v1. */
export function routesByPath(api: Api): ReadonlyMap<string, Route> {
  return new Map(
    api.routes.map((route) => [`${route.method} ${route.path.slice('/api/v1/'.length)}`, route]),
  );
}
