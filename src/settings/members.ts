import { z } from 'zod';
import type { Member, Members } from '../account/member.ts';
import { ApiError } from '../base/errors.ts';
import { decodeCursor, encodeCursor, pageOf } from '../db/page.ts';
import type { Database } from '../db/pool.ts';
import { admit } from '../http/authenticate.ts';
import type { RecordChange } from '../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import { checkMayRevoke, madeShape, revokeQuery, type MadeBy, type RevokeQuery } from './made-by.ts';
import { role } from './person-schema.ts';

export interface MemberParts {
  db: Database;
  members: Members;
  madeBy: MadeBy;
  ledger: RecordChange;
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

/** Who belongs to the workspace, and as what. */
export function memberRoutes({ db, members, madeBy, ledger }: MemberParts): Route[] {
  const tag = 'members';

  const list = route<undefined, PageQuery>({
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

  const get = route({
    method: 'GET',
    path: `${PATH}/:id`,
    scope: 'members:read',
    tag,
    summary: 'Get a member',
    answers: { 200: memberShape },
    handle: async ({ caller, params }) => ({
      status: 200,
      body: await found(caller.workspaceId, params['id']!),
    }),
  });

  const made = route({
    method: 'GET',
    path: `${PATH}/:id/made`,
    scope: 'members:read',
    tag,
    summary: 'What a member made',
    description:
      'API keys, inbound secrets and webhooks that a member made, by themselves or through a key that acts for them, and that are not revoked; of each the newest 100. What the caller may not read is null.',
    answers: { 200: madeShape },
    async handle({ caller, params }) {
      const member = await found(caller.workspaceId, params['id']!);
      return { status: 200, body: await madeBy.show(caller, member.id) };
    },
  });

  const update = (method: 'PATCH' | 'PUT') =>
    route<{ role: z.output<typeof role> }>({
      method,
      path: `${PATH}/:id`,
      scope: 'workspace:manage',
      tag,
      summary: "Change a member's role",
      description:
        'Holds from the next request on, for API keys they made, too. Nobody gives or takes a role that is above their own or has scopes that they lack; a key that expires gives none that is higher. A workspace keeps an owner.',
      body: z.strictObject({ role }),
      answers: { 200: memberShape },
      async handle(ctx) {
        const { caller, body } = ctx;
        const member = await found(caller.workspaceId, ctx.params['id']!);
        const next = { ...member, role: body.role };
        const answer = { status: 200, body: JSON.stringify(next) };
        await db.transaction(async (trx) => {
          const had = await members.changeRole(trx, caller, member.id, body.role);
          const details = { from: had, to: body.role };
          await ledger.enter(trx, ctx, auditEntry('member.role_changed', member, details), answer);
        });
        return answer;
      },
    });

  const remove = route<undefined, RevokeQuery>({
    method: 'DELETE',
    path: `${PATH}/:id`,
    scope: null,
    tag,
    summary: 'Take a member out of the workspace',
    description:
      'With the scope `workspace:manage` and all scopes of their role; anybody may leave by themselves. API keys they made are refused from then on. What they made stays, but for what `revoke` names; see `GET /api/v1/members/{id}/made`.',
    query: revokeQuery,
    answers: { 204: 'They are out.' },
    async handle(ctx) {
      const { caller } = ctx;
      const kinds = ctx.query.revoke ?? [];
      const leaves = caller.via.kind === 'session' && caller.via.user.id === ctx.params['id'];
      if (!leaves) admit(caller, 'workspace:manage');
      checkMayRevoke(caller, kinds);
      const member = await found(caller.workspaceId, ctx.params['id']!);
      const none = { status: 204, body: '' };
      const webhooks = await db.transaction(async (trx) => {
        const had = await members.remove(trx, caller, member.id);
        const gone = auditEntry(leaves ? 'member.left' : 'member.removed', member, { role: had });
        const revoked = await madeBy.revoke(trx, caller.workspaceId, member.id, kinds);
        for (const entry of [gone, ...revoked.entries]) await ledger.enter(trx, ctx, entry, none);
        return revoked.webhooks;
      });
      madeBy.announce(caller.workspaceId, webhooks);
      return { status: 204, body: null };
    },
  });

  return [list, get, made, update('PATCH'), update('PUT'), remove];

  async function found(workspaceId: string, id: string): Promise<Member> {
    const member = await members.get(workspaceId, id);
    if (!member) throw new ApiError('not_found', 'There is no member with this id.');
    return member;
  }
}

function auditEntry(action: string, { id, name, email }: Member, details: object) {
  return { action, objectType: 'user', objectId: id, details: { name, email, ...details } };
}
