import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import type { Sessions } from '../../account/session.ts';
import type { SignIn } from '../../account/sign-in.ts';
import type { Users } from '../../account/user.ts';
import type { WorkspaceLogos } from '../../account/workspace-logo.ts';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { ApiError } from '../../base/errors.ts';
import type { Answer, Client } from '../../http/route.ts';
import { sessionCookie } from '../../http/session-cookie.ts';
import { role } from './person-schema.ts';
import { workspaceFormats } from './workspace-routes.ts';

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

export const sessionShape = z
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

export const linkToken = z.string().max(200).meta({ description: "From the link's fragment." });

/** Errors of the routes of sessions, links and passwords, in addition to those of every route. */
export const BAD_BODY = 'A field is missing or invalid.';
export const TOO_MANY = 'Too many attempts, or too many passwords are being checked; see Retry-After.';
export const STALE_LINK = 'The link is unknown, used or expired.';
export const OTHER_SITE = 'The Origin is not one of this installation.';
export const SIGNED_OUT = 'Not signed in.';
export const SESSION_ONLY =
  'This requires a signed-in user, not an API key; or the Origin is not one of this installation.';

export const tag = 'session';

/** A session has begun: its cookie is set. */
export async function signInResponse(parts: SessionParts, made: string, client: Client): Promise<Answer> {
  const { sessions } = parts;
  const caller = await sessions.authenticate(made);
  return { status: 201, body: await showSession(parts, caller), headers: sessionCookie(made, client.secure) };
}

/** The session as the API shows it: the user, their role and scopes, and all their workspaces. */
export async function showSession({ users, workspaceSettings, logos }: SessionParts, caller: Caller) {
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

/** @throws ApiError forbidden for an API key */
export function signedIn({ via }: Caller) {
  if (via.kind === 'session') return via;
  throw new ApiError('forbidden', 'This requires a signed-in user; API keys are not accepted.');
}
