import { z } from 'zod';
import { openRoute, type Route } from '../../http/route.ts';
import { accountEmail, personName, role, sentPassword } from './person-schema.ts';
import {
  BAD_BODY,
  linkToken,
  OTHER_SITE,
  sessionShape,
  signInResponse,
  STALE_LINK,
  tag,
  TOO_MANY,
  type SessionParts,
} from './session-answer.ts';

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

/** Routes of single-use links: what one is for, the first set-up, and an invitation. */
export function linkRoutes(parts: SessionParts): Route[] {
  return [openLinkRoute(parts), setUpRoute(parts), acceptRoute(parts)];
}

function openLinkRoute({ signIn: account }: SessionParts): Route {
  return openRoute<{ token: string }>({
    method: 'POST',
    path: '/api/v1/links/open',
    tag,
    summary: 'Get the purpose of a link',
    description: '404 if it is unknown, used or expired. This does not use the link up.',
    body: z.strictObject({ token: linkToken }),
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
      token: linkToken,
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
    body: z.strictObject({ token: linkToken, name: personName.optional(), password: sentPassword }),
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
