import { z } from 'zod';
import type { SignIn } from '../../account/sign-in.ts';
import type { Caller } from '../../account/caller.ts';
import type { Sessions } from '../../account/session.ts';
import type { Users } from '../../account/user.ts';
import type { WorkspaceLogos } from '../../account/workspace-logo.ts';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { openRoute, route, type Answer, type Client, type Route } from '../../http/route.ts';
import { noSessionCookie, sessionCookie } from '../../http/session-cookie.ts';
import { workspaceFormats } from './workspace-routes.ts';
import { accountEmail, personName, role, sentPassword, signInEmail } from './person-schema.ts';

export interface SessionParts {
  signIn: SignIn;
  sessions: Sessions;
  users: Users;
  workspaceSettings: WorkspaceSettingsStore;
  logos: Pick<WorkspaceLogos, 'list'>;
}

const logoUrl = z
  .string()
  .nullable()
  .meta({ description: 'A path of this installation; it needs no key, and is valid for at least a day.' });

const sessionShape = z
  .object({
    id: z.uuid(),
    user: z.object({ id: z.uuid(), name: z.string(), email: z.string() }),
    workspace: z.object({
      id: z.uuid(),
      name: z.string(),
      plan: z.string(),
      logo_url: logoUrl,
      ...workspaceFormats,
    }),
    role,
    scopes: z.array(z.string()),
    workspaces: z.array(z.object({ id: z.uuid(), name: z.string(), role, logo_url: logoUrl })),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

const linkShape = z
  .object({
    kind: z.enum(['setup', 'invitation', 'password_reset']),
    workspace: z.object({ id: z.uuid(), name: z.string() }).nullable(),
    email: z.string().nullable(),
    role: role.nullable(),
    has_account: z.boolean().nullable().meta({
      description:
        'Whether the account has a password; null for an invitation, whose link does not reveal who has an account.',
    }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Link' });

const token = z.string().max(200).meta({ description: "From the link's fragment." });

/** Errors of these routes, in addition to those of every route. */
const BAD_BODY = 'A field is missing or invalid.';
const TOO_MANY = 'Too many attempts, or too many passwords are being checked; see Retry-After.';
const STALE_LINK = 'The link is unknown, used or expired.';
const OTHER_SITE = 'The Origin is not one of this installation.';
const SIGNED_OUT = 'Not signed in.';
const SESSION_ONLY =
  'This requires a signed-in user, not an API key; or the Origin is not one of this installation.';

const tag = 'session';

/** Routes to sign in and out, and for the single-use links. */
export function sessionRoutes(parts: SessionParts): Route[] {
  return [
    signInRoute(parts),
    currentRoute(parts),
    switchRoute(parts),
    signOutRoute(parts),
    openLinkRoute(parts),
    setUpRoute(parts),
    acceptRoute(parts),
    requestResetRoute(parts),
    resetRoute(parts),
    changePasswordRoute(parts),
  ];
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

function openLinkRoute({ signIn: account }: SessionParts): Route {
  return openRoute<{ token: string }>({
    method: 'POST',
    path: '/api/v1/links/open',
    tag,
    summary: 'Get the purpose of a link',
    description: '404 if it is unknown, used or expired. This does not use the link up.',
    body: z.strictObject({ token }),
    answers: { 200: linkShape, 400: BAD_BODY, 403: OTHER_SITE, 404: STALE_LINK },
    async handle({ body }) {
      const link = await account.open(body.token);
      return {
        status: 200,
        body: {
          kind: link.kind,
          workspace: link.workspace_id && { id: link.workspace_id, name: link.workspace_name },
          email: link.email ?? link.user_email,
          role: link.kind === 'setup' ? 'owner' : link.role,
          has_account: link.has_account,
          expires_at: link.expires_at,
        },
      };
    },
  });
}

function setUpRoute(parts: SessionParts): Route {
  const { signIn: account } = parts;
  return openRoute<{
    token: string;
    name: string;
    email: string;
    password: string;
    workspace_name?: string | undefined;
  }>({
    method: 'POST',
    path: '/api/v1/setup',
    tag,
    summary: "Set up the workspace: create its owner's account",
    body: z.strictObject({
      token,
      name: personName,
      email: accountEmail,
      password: sentPassword,
      workspace_name: personName.optional(),
    }),
    answers: {
      201: sessionShape,
      400: BAD_BODY,
      403: OTHER_SITE,
      404: STALE_LINK,
      409: 'The address already has an account.',
      429: TOO_MANY,
    },
    handle: async ({ body: { token: used, workspace_name: workspaceName, ...owner }, client }) =>
      signInResponse(
        parts,
        await account.setUp(used, { ...owner, workspaceName, address: client.address }),
        client,
      ),
  });
}

function acceptRoute(parts: SessionParts): Route {
  const { signIn: account } = parts;
  return openRoute<{ token: string; name?: string | undefined; password: string }>({
    method: 'POST',
    path: '/api/v1/invitations/accept',
    tag,
    summary: 'Accept an invitation',
    description: 'With the password of the existing account, or with a name and a password for a new one.',
    body: z.strictObject({ token, name: personName.optional(), password: sentPassword }),
    answers: {
      201: sessionShape,
      400: BAD_BODY,
      401: 'The password is wrong, or there is neither an account nor a name for a new one.',
      403: OTHER_SITE,
      404: STALE_LINK,
      409: 'The account has no password yet, or is already a member of the workspace.',
      429: TOO_MANY,
    },
    handle: async ({ body: { token: used, ...who }, client }) =>
      signInResponse(parts, await account.accept(used, { ...who, address: client.address }), client),
  });
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
    body: z.strictObject({ token, password: sentPassword }),
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

async function signInResponse(parts: SessionParts, made: string, client: Client): Promise<Answer> {
  const { sessions } = parts;
  const caller = await sessions.authenticate(made);
  return { status: 201, body: await showSession(parts, caller), headers: sessionCookie(made, client.secure) };
}

async function showSession({ users, workspaceSettings, logos }: SessionParts, caller: Caller) {
  const { id, user, expiresAt } = signedIn(caller);
  const memberships = await users.memberships(user.id);
  const shown = await logos.list(memberships.map((membership) => membership.id));
  const logoOf = (workspaceId: string) => shown.get(workspaceId)?.path ?? null;
  return {
    id,
    user,
    workspace: {
      id: caller.workspaceId,
      plan: caller.plan,
      ...(await workspaceSettings.get(caller.workspaceId)),
      logo_url: logoOf(caller.workspaceId),
    },
    role: caller.role,
    scopes: caller.scopes,
    workspaces: memberships.map((item) => ({ ...item, logo_url: logoOf(item.id) })),
    expires_at: expiresAt,
  };
}

function signedIn({ via }: Caller) {
  if (via.kind === 'session') return via;
  throw new ApiError('forbidden', 'This requires a signed-in user; API keys are not accepted.');
}
