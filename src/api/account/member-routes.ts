import { z } from 'zod';
import type { Member, Members } from '../../account/member.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { admit } from '../../http/authenticate.ts';
import type { Transaction } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { checkMayRevoke, madeShape, revokeQuery, type MadeBy, type RevokeQuery } from './made-by.ts';
import { role } from './person-schema.ts';

export interface MemberParts {
  db: Database;
  members: Members;
  madeBy: MadeBy;
  recordChange: RecordChange;
  /** Runs in the transaction that removes a member. */
  afterRemoval(trx: Transaction, member: { workspaceId: Uuid; userId: Uuid; name: string }): Promise<void>;
}

const PATH = '/api/v1/members';

const memberShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    email: z.string(),
    role,
    joined_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Member' });

const tag = 'members';

/** Routes of the workspace's members and their roles. */
export function memberRoutes(parts: MemberParts): Route[] {
  return [
    listRoute(parts),
    getRoute(parts),
    madeRoute(parts),
    updateRoute('PATCH', parts),
    updateRoute('PUT', parts),
    removeRoute(parts),
  ];
}

function listRoute({ members }: MemberParts): Route {
  return route<undefined, PageQuery>({
    method: 'GET',
    path: PATH,
    scope: 'members:read',
    tag,
    summary: 'List members',
    query: pageQuery,
    answers: { 200: pageShape(memberShape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'members').id : null;
      const rows = await members.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: Member) => encodeCursor({ sort: 'members', value: row.joined_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
    },
  });
}

function getRoute(parts: MemberParts): Route {
  return route({
    method: 'GET',
    path: `${PATH}/:id`,
    scope: 'members:read',
    tag,
    summary: 'Get a member',
    answers: { 200: memberShape },
    handle: async ({ caller, params }) => ({
      status: 200,
      body: await findMember(parts, caller.workspaceId, params['id']!),
    }),
  });
}

function madeRoute(parts: MemberParts): Route {
  const { madeBy } = parts;
  return route({
    method: 'GET',
    path: `${PATH}/:id/made`,
    scope: 'members:read',
    tag,
    summary: 'List what a member created',
    description:
      'API keys, inbound secrets, webhooks and connections that a member created, directly or through a key that acts for them, and that are not revoked; the newest 100 of each. Null for kinds that the caller may not read.',
    answers: { 200: madeShape },
    async handle({ caller, params }) {
      const member = await findMember(parts, caller.workspaceId, params['id']!);
      return { status: 200, body: await madeBy.show(caller, member.id) };
    },
  });
}

function updateRoute(method: 'PATCH' | 'PUT', parts: MemberParts): Route {
  const { db, members, recordChange } = parts;
  return route<{ role: z.output<typeof role> }>({
    method,
    path: `${PATH}/:id`,
    scope: 'workspace:manage',
    tag,
    summary: "Change a member's role",
    description:
      "Effective from the next request, also for the member's API keys. You cannot give or change a role that is above your own or has scopes that you lack; a key that expires cannot give a higher one. A workspace always has an owner.",
    body: z.strictObject({ role }),
    answers: { 200: memberShape },
    async handle(ctx) {
      const { caller, body } = ctx;
      const member = await findMember(parts, caller.workspaceId, ctx.params['id']!);
      const next = { ...member, role: body.role };
      const answer = { status: 200, body: JSON.stringify(next) };
      await db.transaction(async (trx) => {
        const had = await members.changeRole(trx, caller, member.id, body.role);
        const details = { from: had, to: body.role };
        await recordChange(trx, ctx, auditEntry('member.role_changed', member, details), answer);
      });
      return answer;
    },
  });
}

function removeRoute(parts: MemberParts): Route {
  const { db, members, madeBy, recordChange, afterRemoval } = parts;
  return route<undefined, RevokeQuery>({
    method: 'DELETE',
    path: `${PATH}/:id`,
    scope: null,
    tag,
    summary: 'Remove a member from the workspace',
    description:
      'Requires the scope `workspace:manage` and all scopes of their role; anyone may leave. API keys that they created are refused from then on. Other objects that they created stay, except those named by `revoke`; see `GET /api/v1/members/{id}/made`. Owners and admins get a notice if appointments or booking pages are left without a host.',
    query: revokeQuery,
    answers: { 204: 'The member was removed.' },
    async handle(ctx) {
      const { caller } = ctx;
      const kinds = ctx.query.revoke ?? [];
      const leaves = caller.via.kind === 'session' && caller.via.user.id === ctx.params['id'];
      if (!leaves) admit(caller, 'workspace:manage');
      checkMayRevoke(caller, kinds);
      const member = await findMember(parts, caller.workspaceId, ctx.params['id']!);
      const none = { status: 204, body: '' };
      const webhooks = await db.transaction(async (trx) => {
        const had = await members.remove(trx, caller, member.id);
        const gone = auditEntry(leaves ? 'member.left' : 'member.removed', member, { role: had });
        const { id: userId, name } = member;
        await afterRemoval(trx, { workspaceId: caller.workspaceId, userId, name });
        const revoked = await madeBy.revoke(trx, caller.workspaceId, member.id, kinds);
        for (const entry of [gone, ...revoked.entries]) await recordChange(trx, ctx, entry, none);
        return revoked.webhooks;
      });
      madeBy.announce(caller.workspaceId, webhooks);
      return { status: 204, body: null };
    },
  });
}

async function findMember({ members }: MemberParts, workspaceId: string, id: string): Promise<Member> {
  const member = await members.get(workspaceId, id);
  if (!member) throw new ApiError('not_found', 'No member with this id.');
  return member;
}

function auditEntry(action: string, { id, name, email }: Member, details: object) {
  return { action, objectType: 'user', objectId: id, details: { name, email, ...details } };
}
