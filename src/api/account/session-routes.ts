import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { openRoute, route, type Route } from '../../http/route.ts';
import { noSessionCookie } from '../../http/session-cookie.ts';
import { sentPassword, signInEmail } from './person-schema.ts';
import {
  BAD_BODY,
  OTHER_SITE,
  SESSION_ONLY,
  sessionShape,
  showSession,
  SIGNED_OUT,
  signedIn,
  signInResponse,
  tag,
  TOO_MANY,
  type SessionParts,
} from './session-answer.ts';

/** Routes to sign in and out, and to switch to another workspace. */
export function sessionRoutes(parts: SessionParts): Route[] {
  return [signInRoute(parts), currentRoute(parts), switchRoute(parts), signOutRoute(parts)];
}

function signInRoute(parts: SessionParts): Route {
  const { signIn: account } = parts;
  return openRoute<{ email: string; password: string }>({
    method: 'POST',
    path: '/api/v1/session',
    tag,
    summary: 'Sign in',
    description:
      'Sets a cookie for browsers. After several failures, or many attempts in a minute, 429 with Retry-After.',
    body: z.strictObject({ email: signInEmail, password: sentPassword }),
    answers: {
      201: sessionShape,
      400: BAD_BODY,
      401: 'The email address or the password is wrong.',
      403: `The user is no longer a member of any workspace. ${OTHER_SITE}`,
      429: TOO_MANY,
    },
    handle: async ({ body, client }) =>
      signInResponse(parts, await account.signIn({ ...body, address: client.address }), client),
  });
}

function currentRoute(parts: SessionParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/session',
    scope: null,
    tag,
    summary: 'Get the signed-in user',
    answers: { 200: sessionShape, 401: SIGNED_OUT, 403: SESSION_ONLY },
    handle: async ({ caller }) => ({ status: 200, body: await showSession(parts, caller) }),
  });
}

function switchRoute(parts: SessionParts): Route {
  const { sessions } = parts;
  return route<{ workspace_id: string }>({
    method: 'PATCH',
    path: '/api/v1/session',
    scope: null,
    tag,
    summary: 'Switch to another workspace',
    body: z.strictObject({ workspace_id: z.uuid().toLowerCase() }),
    answers: {
      200: sessionShape,
      400: 'You are not a member of this workspace.',
      401: SIGNED_OUT,
      403: SESSION_ONLY,
      409: 'A request with this Idempotency-Key is still running.',
      422: 'The Idempotency-Key was used for another request.',
    },
    async handle({ caller, body }) {
      const { id } = signedIn(caller);
      const moved = await sessions.move(id, body.workspace_id);
      if (!moved) throw invalid('workspace_id', 'you are not a member of this workspace');
      return { status: 200, body: await showSession(parts, moved) };
    },
  });
}

function signOutRoute({ sessions }: SessionParts): Route {
  return route({
    method: 'DELETE',
    path: '/api/v1/session',
    scope: null,
    tag,
    summary: 'Sign out',
    answers: { 204: 'Signed out.', 401: SIGNED_OUT, 403: SESSION_ONLY },
    async handle({ caller, client }) {
      await sessions.end(signedIn(caller).id);
      return { status: 204, body: null, headers: noSessionCookie(client.secure) };
    },
  });
}
