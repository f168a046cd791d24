import type { AgentBudgets } from '../account/agent-budget.ts';
import type { Idempotency } from '../account/idempotency.ts';
import type { Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { canonicalId, isUuid } from '../base/id.ts';
import { IdempotencyGate } from './idempotency-gate.ts';
import { checkQuery } from './query.ts';
import { takesIdempotencyKey, type Answer, type Ctx, type Route, type RouteRequest } from './route.ts';
import { changedBody, parsedBody, parsedQuery } from './validation.ts';

/**
 * Answers a request: validates it, runs the route's handler once per Idempotency-Key, and renders the answer.
 * @param gone makes a signal that aborts when the client no longer waits
 * @throws ApiError for a refused request
 */
export type RouteCall = (request: RouteRequest, gone: () => AbortSignal) => Promise<Answer>;

export interface RouteCallParts {
  idempotency: Idempotency;
  agentBudgets: AgentBudgets;
  clock: Clock;
  /** The public URL of this installation, or '' if it is not configured. */
  publicUrl: string;
}

/** The call of each route, with one idempotency gate for all of them. */
export function makeRouteCalls(routes: readonly Route[], parts: RouteCallParts): Map<Route, RouteCall> {
  const gate = new IdempotencyGate(parts.idempotency, parts.clock);
  const reads = new Map(routes.filter(({ method }) => method === 'GET').map((item) => [item.path, item]));
  return new Map(
    routes.map((route) => {
      const read = route.method === 'PATCH' || route.method === 'PUT' ? reads.get(route.path) : undefined;
      return [route, makeRouteCall(route, read, gate, parts)];
    }),
  );
}

/** @param read returns the stored resource, if the route changes one */
function makeRouteCall(
  route: Route,
  read: Route | undefined,
  gate: IdempotencyGate,
  { publicUrl, agentBudgets }: Pick<RouteCallParts, 'publicUrl' | 'agentBudgets'>,
): RouteCall {
  const takesKey = takesIdempotencyKey(route);
  return async (request, gone) => {
    const work = async () => {
      const ctx = await contextOf(route, read, request, gone, publicUrl);
      if (ctx.caller?.agent) await spendBudget(agentBudgets, route, ctx);
      return route.handle(ctx);
    };
    const hasKey = takesKey && request.headers['idempotency-key'] !== undefined;
    const answer = await (hasKey ? gate.once(request, work) : work());
    return route.render
      ? route.render(answer, { caller: request.caller!, headers: request.headers })
      : answer;
  };
}

/** The context of the handler: the request, validated. */
async function contextOf(
  route: Route,
  read: Route | undefined,
  request: RouteRequest,
  gone: () => AbortSignal,
  publicUrl: string,
): Promise<Ctx<unknown, unknown>> {
  const params = request.params as Record<string, string>;
  for (const [name, sent] of Object.entries(params)) {
    const value = canonicalId(sent);
    params[name] = value;
    const pattern = route.params?.[name];
    if (pattern ? !pattern.test(value) : !isUuid(value)) {
      throw new ApiError('not_found', `No resource with this ${name}.`);
    }
  }
  checkQuery(request.query);
  const ctx = {
    caller: request.caller!,
    body: undefined as unknown,
    query: parsedQuery(route, request),
    sent: request.body,
    sentText: () => request.jsonText ?? JSON.stringify(request.body),
    params,
    ifMatch: versions(request.headers['if-match']),
    claim: request.claim ?? undefined,
    url: request.url,
    upload: request.upload,
    client: {
      address: request.ip,
      secure: request.protocol === 'https' || publicUrl.startsWith('https:'),
      gone,
      referrer: request.headers.referer,
      lastEventId: request.headers['last-event-id']?.toString(),
    },
  };
  const parsed = parsedBody(route, request);
  ctx.body =
    'body' in parsed
      ? parsed.body
      : await changedBody(route, parsed, async () => read && (await read.handle({ ...ctx, query: {} })).body);
  return ctx;
}

/** Routes besides DELETE after which records are gone. */
const DELETES = /\/(batch-delete|erase|merge)$/;

/** Counts what an agent writes: each record of a batch; a dry run writes nothing. */
async function spendBudget(
  budgets: AgentBudgets,
  { method, path }: Route,
  { caller, body, query }: Ctx<unknown, unknown>,
): Promise<void> {
  if (method === 'GET' || (query as { dry_run?: boolean } | undefined)?.dry_run) return;
  const { records, ids } = (body ?? {}) as { records?: unknown; ids?: unknown };
  const items = [records, ids].find(Array.isArray);
  await budgets.spend(caller, items?.length ?? 1, method === 'DELETE' || DELETES.test(path));
}

/** Parses `If-Match: "3", "4"` to versions; null for `*` and a missing header. Weak tags compare like strong ones. */
function versions(header: string | undefined): readonly number[] | null {
  if (header === undefined || header.trim() === '*') return null;
  return header.split(',').map((tag) => {
    const version = /^\s*(?:W\/)?"(\d{1,9})"\s*$/.exec(tag)?.[1];
    return version === undefined ? -1 : Number(version);
  });
}
