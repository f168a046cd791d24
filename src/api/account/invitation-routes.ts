import { z } from 'zod';
import { invitationMessage } from '../../account/account-mail.ts';
import type { Caller } from '../../account/caller.ts';
import { refuse, type Authorities } from '../../account/authority.ts';
import { linkUrl, type Invitation, type Link, type Links } from '../../account/link.ts';
import type { Role } from '../../account/role.ts';
import type { Users } from '../../account/user.ts';
import type { Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import type { MailCondition, MailQueue, NewMail } from '../../mail/mail-queue.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { accountEmail, role } from './person-schema.ts';

export interface InvitationParts {
  db: Database;
  links: Links;
  authorities: Authorities;
  users: Users;
  recordChange: RecordChange;
  /** Null if the installation sends no mail. */
  mail: MailQueue | null;
  clock: Clock;
  /** The URL that links begin with. */
  baseUrl(): string;
}

const PATH = '/api/v1/invitations';

/** An invitation that was withdrawn or replaced before it was mailed is not mailed. */
export const PENDING_INVITATIONS_ONLY: MailCondition = {
  name: 'no longer invited',
  holds: `m.kind <> 'invitation' or exists (select from link l where l.id = m.object_id and l.used_at is null)`,
  otherwise: 'cancel',
};

const invitationShape = z
  .object({
    id: z.uuid(),
    email: z.string(),
    role,
    state: z.enum(['pending', 'expired', 'invalid']).meta({
      description: '`invalid`: its author may no longer give this role; the link is refused.',
    }),
    invited_by: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    url: z.string().optional().meta({ description: 'Shown once: the link to accept the invitation.' }),
    mailed: z.boolean().optional().meta({ description: 'Whether an email with the link was queued.' }),
  })
  .meta({ id: 'Invitation' });

const common = { scope: 'workspace:manage', tag: 'members' } as const;

/** Routes of pending invitations. */
export function invitationRoutes(parts: InvitationParts): Route[] {
  return [listRoute(parts), createRoute(parts), withdrawRoute(parts)];
}

function listRoute(parts: InvitationParts): Route {
  const { links } = parts;
  return route<undefined, PageQuery>({
    ...common,
    method: 'GET',
    path: PATH,
    summary: 'List invitations',
    description: 'Pending, expired and invalid invitations, newest first.',
    query: pageQuery,
    answers: { 200: pageShape(invitationShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'invitations').id : null;
      const rows = await links.invitations(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: Invitation) =>
        encodeCursor({ sort: 'invitations', value: row.created_at, id: row.id });
      return {
        status: 200,
        body: pageOf(rows, query.limit, url, cursorOf, (row) => showInvitation(parts, row)),
      };
    },
  });
}

function createRoute(parts: InvitationParts): Route {
  const { db, links, authorities, recordChange, mail } = parts;
  return route<{ email: string; role: Role }>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Invite a user',
    description:
      'The link is shown only in this response, and emailed if SMTP_URL is set. It replaces an earlier invitation for the same address. The role must not be above your own or have scopes that you lack; a key that expires cannot give one. The invitation becomes invalid if its author may no longer give the role.',
    body: z.strictObject({ email: accountEmail, role: role.default('member') }),
    answers: { 201: invitationShape },
    async handle(ctx) {
      const { caller, body } = ctx;
      refuse(authorities.lackToGrant(await authorities.current(db.pool, caller), body.role));
      await checkOutside(parts, caller.workspaceId, body.email);
      const made = await db.transaction(async (trx) => {
        const { link, token } = await links.make(trx, {
          kind: 'invitation',
          workspace_id: caller.workspaceId,
          email: body.email,
          role: body.role,
          created_by: caller.actor,
        });
        const url = linkUrl(parts.baseUrl(), 'invitation', token);
        const answer = {
          status: 201,
          body: JSON.stringify({
            ...showInvitation(parts, { ...link, valid: true }),
            url,
            mailed: mail !== null,
          }),
        };
        await recordChange(trx, ctx, auditEntry('invitation.created', link), answer);
        await mail?.enqueue(trx, mailOf(link, caller, url));
        return answer;
      });
      mail?.notify();
      return made;
    },
  });
}

function withdrawRoute({ db, links, recordChange }: InvitationParts): Route {
  return route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Withdraw an invitation',
    answers: { 204: 'Its link is no longer accepted.' },
    async handle(ctx) {
      await db.transaction(async (trx) => {
        const link = await links.withdraw(trx, ctx.caller.workspaceId, ctx.params['id']!);
        if (!link) throw new ApiError('not_found', 'No invitation with this id.');
        await recordChange(trx, ctx, auditEntry('invitation.withdrawn', link), { status: 204, body: '' });
      });
      return { status: 204, body: null };
    },
  });
}

function showInvitation({ clock }: InvitationParts, link: Invitation) {
  const waits = Date.parse(link.expires_at) > clock.now();
  return {
    id: link.id,
    email: link.email,
    role: link.role,
    state: !waits ? 'expired' : link.valid ? 'pending' : 'invalid',
    invited_by: link.created_by,
    created_at: link.created_at,
    expires_at: link.expires_at,
  };
}

async function checkOutside({ users }: InvitationParts, workspaceId: string, email: string): Promise<void> {
  const user = await users.byEmail(email);
  if (user && (await users.memberships(user.id)).some(({ id }) => id === workspaceId))
    throw new ApiError('conflict', 'The user is already a member of this workspace.');
}

function mailOf(link: Link, caller: Caller, url: string): NewMail {
  const { id, email, workspace_id: workspaceId } = link;
  const inviter = caller.via.kind === 'session' ? caller.via.user.name : caller.via.name;
  return {
    key: `invitation:${id}`,
    kind: 'invitation',
    workspaceId,
    objectId: id,
    message: invitationMessage(email!, { workspace: caller.workspaceName, inviter, url }),
  };
}

function auditEntry(action: string, { id, email, role: as }: Link) {
  return { action, objectType: 'invitation', objectId: id, details: { email, role: as } };
}
