import { z } from 'zod';
import { openRoute, route, type Route } from '../../http/route.ts';
import { sentPassword, signInEmail } from './person-schema.ts';
import {
  BAD_BODY,
  linkToken,
  OTHER_SITE,
  SESSION_ONLY,
  sessionShape,
  signedIn,
  signInResponse,
  STALE_LINK,
  tag,
  TOO_MANY,
  type SessionParts,
} from './session-answer.ts';

/** Routes to reset a forgotten password by a link, and to change one's own. */
export function passwordRoutes(parts: SessionParts): Route[] {
  return [requestResetRoute(parts), resetRoute(parts), changePasswordRoute(parts)];
}

function requestResetRoute({ signIn: account }: SessionParts): Route {
  return openRoute<{ email: string }>({
    method: 'POST',
    path: '/api/v1/password-resets',
    tag,
    summary: 'Request a password reset by email',
    description:
      'Returns the same whether the account exists or not. 503 `not_configured` if mail is not configured.',
    body: z.strictObject({ email: signInEmail }),
    answers: {
      202: z.object({ sent: z.literal('if_there_is_an_account') }),
      400: BAD_BODY,
      403: OTHER_SITE,
      429: TOO_MANY,
      503: '`not_configured`: mail is not configured. The message says who can create a link.',
    },
    async handle({ body, client }) {
      await account.requestReset(body.email, client.address);
      return { status: 202, body: { sent: 'if_there_is_an_account' } };
    },
  });
}

function resetRoute(parts: SessionParts): Route {
  const { signIn: account } = parts;
  return openRoute<{ token: string; password: string }>({
    method: 'POST',
    path: '/api/v1/password-resets/confirm',
    tag,
    summary: 'Set a new password',
    description: 'Ends all other sessions.',
    body: z.strictObject({ token: linkToken, password: sentPassword }),
    answers: {
      201: sessionShape,
      400: BAD_BODY,
      403: `The user is no longer a member of any workspace. ${OTHER_SITE}`,
      404: STALE_LINK,
      429: TOO_MANY,
    },
    handle: async ({ body, client }) =>
      signInResponse(parts, await account.reset(body.token, body.password, client.address), client),
  });
}

function changePasswordRoute({ signIn: account }: SessionParts): Route {
  return route<{ current_password: string; password: string }>({
    method: 'PUT',
    path: '/api/v1/password',
    scope: null,
    tag,
    summary: 'Change your password',
    description: 'Ends your other sessions.',
    body: z.strictObject({ current_password: sentPassword, password: sentPassword }),
    answers: {
      204: 'Changed.',
      400: BAD_BODY,
      401: 'The current password is wrong, or no user is signed in.',
      403: SESSION_ONLY,
      429: TOO_MANY,
    },
    async handle({ caller, body, client }) {
      const { id, user } = signedIn(caller);
      await account.changePassword(user, id, {
        current: body.current_password,
        password: body.password,
        address: client.address,
      });
      return { status: 204, body: null };
    },
  });
}
