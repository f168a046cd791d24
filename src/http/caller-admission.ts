import type { FastifyRequest } from 'fastify';
import { CallerLookUpNeeded, type CallerCheck } from '../account/caller-check.ts';
import type { Caller, Callers } from '../account/caller.ts';
import type { Sessions } from '../account/session.ts';
import { admit, authenticate, isAdmitted, rawKey } from './authenticate.ts';
import type { Answer, Route } from './route.ts';

interface CallerParts {
  callers: Callers;
  sessions: Sessions;
  /** The public URL of this installation; '' means the host of the request. */
  publicUrl: string;
}

/**
 * The caller of a request from memory, if the route checks it in the statement that writes. Null if the caller has to be
 * looked up; then also every refusal is by what is stored now.
 */
export function rememberedCaller(
  { callers }: CallerParts,
  route: Pick<Route, 'checksCaller' | 'method' | 'scope'>,
  { headers }: FastifyRequest,
): Caller | null {
  const raw = route.checksCaller ? rawKey(headers) : null;
  const caller = raw === null ? null : callers.remembered(raw, route.method === 'GET' ? 'read' : 'write');
  return caller && isAdmitted(caller, route.scope) ? caller : null;
}

/** Looks up the caller of a request. Throws if it may not proceed. */
export async function lookUpCaller(
  parts: CallerParts,
  scope: string | null,
  request: FastifyRequest,
): Promise<void> {
  request.caller = null;
  request.caller = await authenticate(parts, request);
  admit(request.caller, scope);
}

/**
 * Runs the call of a route. A remembered caller that was not checked meanwhile is looked up before anything is answered,
 * so that a revoked key gets its own error and nothing else.
 */
export async function answerOf(
  parts: CallerParts,
  route: Pick<Route, 'method' | 'scope'>,
  request: FastifyRequest,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const check = request.caller?.check;
  if (!check) return call();
  if (route.method === 'GET') return answerOfRead(parts, route, request, call);
  let answer: Answer;
  try {
    answer = await call();
  } catch (error) {
    await concludeCheck(parts, route.scope, request, check);
    if (error instanceof CallerLookUpNeeded) return call();
    throw error;
  }
  await concludeCheck(parts, route.scope, request, check);
  return answer;
}

/** After the call: looks up a caller that was not checked. The answer shows the windows as the statement counted them. */
function concludeCheck(
  parts: CallerParts,
  scope: string | null,
  request: FastifyRequest,
  check: CallerCheck,
): Promise<void> | void {
  if (!check.isDone) return lookUpCaller(parts, scope, request);
  const caller = request.caller!;
  if (check.quota) caller.quota = check.quota;
  else if (check.isCounted) return parts.callers.quota(caller).then((quota) => void (caller.quota = quota));
}

/**
 * Reads while the caller is looked up. What was read is answered only if the caller has the rights that it was read with;
 * else it is read again.
 */
async function answerOfRead(
  parts: CallerParts,
  route: Pick<Route, 'scope'>,
  request: FastifyRequest,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const remembered = request.caller!;
  const lookUp = authenticate(parts, request);
  const [read, found] = await Promise.allSettled([call(), lookUp]);
  request.caller = null;
  if (found.status === 'rejected') throw found.reason;
  request.caller = found.value;
  admit(found.value, route.scope);
  if (!hasSameRights(remembered, found.value)) return call();
  if (read.status === 'rejected') throw read.reason;
  return read.value;
}

function hasSameRights(a: Caller, b: Caller): boolean {
  return a.plan === b.plan && a.role === b.role && String(a.scopes) === String(b.scopes);
}

/** The error of a request that failed before its call. If its caller may not proceed, the error of that. */
export async function errorOf(parts: CallerParts, request: FastifyRequest, error: Error): Promise<Error> {
  const { check } = request.caller ?? {};
  if (!check || check.isDone) return error;
  try {
    await lookUpCaller(parts, request.routeOptions.config.scope ?? null, request);
    return error;
  } catch (refused) {
    return refused as Error;
  }
}
