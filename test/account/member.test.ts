import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role } from '../../src/account/role.ts';
import { SCOPES } from '../../src/catalogue.ts';
import { browser, cookieOf, makeMember, PASSWORD, tokenOf, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let team: Record<Role, SignedIn>;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,web' });
  const made = await Promise.all(ROLES.map((role) => makeMember(s, role)));
  team = Object.fromEntries(ROLES.map((role, at) => [role, made[at]!])) as Record<Role, SignedIn>;
});
afterAll(() => s.stop());

interface Operation {
  method: string;
  path: string;
  scope: string | undefined;
  isOpen: boolean;
}

/** Every operation of the API, with ids that do not exist. */
async function operations(): Promise<Operation[]> {
  const { paths } = (await s.ask('GET', '/api/v1/openapi.json', { as: null })).json as {
    paths: Record<string, Record<string, { 'x-scope'?: string; security?: unknown[] }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, item]) => ({
      method: method.toUpperCase(),
      path: named(path),
      scope: item['x-scope'],
      isOpen: item.security?.length === 0,
    })),
  );
}

function named(path: string): string {
  // An accepted stream has no end: a stream after an unknown event is refused.
  if (path.endsWith('/stream')) return `${path}?after=evt_${'0'.repeat(32)}`;
  return path.replace(/\{\w+\}/g, path.includes('webhooks/') ? `wh_${'0'.repeat(32)}` : NOBODY);
}

const NOBODY = '01976d3c-0000-7000-8000-000000000000';

describe('permissions', () => {
  test('each role can use exactly the routes of its scopes, by session and by key', async () => {
    const guarded = (await operations()).filter(({ scope }) => scope !== undefined);
    expect(guarded.length).toBeGreaterThan(50);
    for (const role of ROLES) {
      const may = SCOPES.ofRole(role);
      const { key } = (await team.owner.ask('POST', '/api/v1/api-keys', { body: { name: role } })).json;
      await s.db.pool.query('update api_key set maker_id = $1 where prefix = $2', [
        team[role].id,
        key.slice(0, 16),
      ]);
      for (const { method, path, scope } of guarded) {
        const refused = !SCOPES.allows(may, scope!);
        const what = `${role} ${method} ${path}`;
        expect((await team[role].ask(method, path)).status === 403, what).toBe(refused);
        expect((await s.ask(method, path, { as: key })).status === 403, `key of ${what}`).toBe(refused);
      }
    }
    await s.newEvents();
  });

  test('the roles in short', () => {
    const may = (role: Role, scope: string) => SCOPES.allows(SCOPES.ofRole(role), scope);
    for (const role of ROLES) {
      expect(may(role, 'contacts:write')).toBe(true);
      expect(may(role, 'webhooks:manage')).toBe(role === 'owner' || role === 'admin');
      expect(may(role, 'keys:manage')).toBe(role === 'owner' || role === 'admin');
      expect(may(role, 'workspace:manage')).toBe(role === 'owner' || role === 'admin');
      expect(may(role, 'webhooks:read')).toBe(role !== 'member');
      expect(may(role, 'webhooks:rotate')).toBe(role !== 'member');
      expect(may(role, 'keys:read')).toBe(role !== 'member');
      expect(may(role, 'pipelines:write')).toBe(role !== 'member');
      expect(may(role, '*')).toBe(role === 'owner' || role === 'admin');
    }
  });

  test('a key without the scope is refused by these routes, and a request without a key by all but the public ones', async () => {
    const bare = await s.person(['events:write']);
    const all = await operations();
    expect(all.filter(({ isOpen }) => isOpen).map(({ path }) => path)).toEqual([
      '/api/v1/session',
      '/api/v1/links/open',
      '/api/v1/setup',
      '/api/v1/invitations/accept',
      '/api/v1/password-resets',
      '/api/v1/password-resets/confirm',
    ]);
    for (const { method, path } of all.filter(({ isOpen }) => !isOpen))
      expect((await s.ask(method, path, { as: null })).status, `${method} ${path}`).toBe(401);
    for (const { method, path } of all.filter(({ scope }) => scope !== undefined && scope !== 'events:write'))
      expect((await s.ask(method, path, { as: bare })).status, `${method} ${path}`).toBe(403);
  });
});

describe('AX13, AX15: what a manager sees', () => {
  test('webhooks and keys, without the usage of keys; rotates a secret and creates nothing', async () => {
    const body = { name: 'hook', url: 'https://example.com/', events: ['*'], format: 'axocrm' };
    const { id, secret } = (await team.admin.ask('POST', '/api/v1/webhooks', { body })).json;
    const shown = (await team.manager.ask('GET', `/api/v1/webhooks/${id}`)).json;
    expect(shown).toMatchObject({ id, name: 'hook' });
    const rotated = await team.manager.ask('POST', `/api/v1/webhooks/${id}/rotate-secret`);
    expect(rotated.status).toBe(200);
    expect(rotated.json.secret).not.toBe(secret);
    for (const [method, path] of [
      ['PATCH', `/api/v1/webhooks/${id}`],
      ['DELETE', `/api/v1/webhooks/${id}`],
      ['POST', `/api/v1/webhooks/${id}/test`],
      ['POST', '/api/v1/webhooks/send-pending'],
    ] as const)
      expect((await team.manager.ask(method, path)).status).toBe(403);
    expect((await team.member.ask('POST', `/api/v1/webhooks/${id}/rotate-secret`)).status).toBe(403);

    const [forManager, forAdmin] = await Promise.all(
      [team.manager, team.admin].map((item) => item.ask('GET', '/api/v1/api-keys')),
    );
    expect(forAdmin!.json.data[0]).toHaveProperty('usage');
    expect(forManager!.json.data[0].id).toBe(forAdmin!.json.data[0].id);
    for (const key of forManager!.json.data) {
      expect(key).not.toHaveProperty('usage');
      expect(key).not.toHaveProperty('last_used_at');
    }
  });
});

describe('a key has no more rights than its maker has now', () => {
  test.each(['unlimited', 'standard'])('on plan %s', async (plan) => {
    const { id: workspaceId } = await s.app.workspaces.create({ name: plan, plan });
    const boss = await makeMember(s, 'owner', { name: `Boss ${plan}`, workspaceId });
    const bob = await makeMember(s, 'admin', { name: `Bob ${plan}`, workspaceId });
    const { key } = (await bob.ask('POST', '/api/v1/api-keys', { body: { name: 'all' } })).json;
    const made = await s.ask('POST', '/api/v1/api-keys', { as: key, body: { name: 'by the key' } });
    const keys = [key, made.json.key];
    const statuses = async (path: string) =>
      Promise.all(keys.map(async (as) => (await s.ask('GET', path, { as })).status));
    const demote = (role: Role) => boss.ask('PATCH', `/api/v1/members/${bob.id}`, { body: { role } });

    expect(await statuses('/api/v1/webhooks')).toEqual([200, 200]);
    expect((await demote('manager')).status).toBe(200);
    expect(await statuses('/api/v1/webhooks')).toEqual([200, 200]);
    expect(await statuses('/api/v1/audit')).toEqual([403, 403]);
    expect((await demote('member')).status).toBe(200);
    expect(await statuses('/api/v1/webhooks')).toEqual([403, 403]);
    expect(await statuses('/api/v1/contacts')).toEqual([200, 200]);
    const me = (await s.ask('GET', '/api/v1/me', { as: key })).json;
    expect(me.scopes).toContain('contacts:write');
    expect(me.scopes).not.toContain('*');
    expect((await demote('admin')).status).toBe(200);
    expect(await statuses('/api/v1/webhooks')).toEqual([200, 200]);
    expect((await boss.ask('DELETE', `/api/v1/members/${bob.id}`)).status).toBe(204);
    expect(await statuses('/api/v1/contacts')).toEqual([403, 403]);
    expect((await s.ask('GET', '/api/v1/me', { as: key })).json.error.message).toContain(
      'no longer a member',
    );
  });

  test('the scopes of the key remain its maximum', async () => {
    const body = { name: 'narrow', scopes: ['contacts:read', 'webhooks:manage'] };
    const { key, id } = (await team.admin.ask('POST', '/api/v1/api-keys', { body })).json;
    await s.db.pool.query('update api_key set maker_id = $1 where id = $2', [team.manager.id, id]);
    expect((await s.ask('GET', '/api/v1/me', { as: key })).json.scopes).toEqual([
      'webhooks:read',
      'webhooks:rotate',
      'contacts:read',
    ]);
  });
});

describe('members', () => {
  test('are listed with role and last activity, of this workspace only', async () => {
    const { data } = (await team.member.ask('GET', '/api/v1/members?limit=200')).json;
    const owner = data.find(({ id }: { id: string }) => id === team.owner.id);
    expect(owner).toMatchObject({ email: team.owner.email, role: 'owner' });
    expect(Date.parse(owner.last_seen_at)).toBeGreaterThan(Date.now() - 600_000);
    const other = await makeMember(s, 'owner', { name: 'Charlie', workspaceId: s.charlie.workspaceId });
    expect(data.map(({ id }: { id: string }) => id)).not.toContain(other.id);
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(
        (
          await team.owner.ask(method, `/api/v1/members/${other.id}`, {
            ...(method === 'PATCH' && { body: { role: 'member' } }),
          })
        ).status,
      ).toBe(404);
    const page = (await team.member.ask('GET', '/api/v1/members?limit=1')).json;
    const next = (await team.member.ask('GET', page.next_url)).json;
    expect(next.data[0].id > page.data[0].id).toBe(true);
  });

  test('nobody gives rights above their own', async () => {
    const { admin, owner } = team;
    const victim = await makeMember(s, 'member');
    const change = (id: string, role: string) =>
      admin.ask('PATCH', `/api/v1/members/${id}`, { body: { role } });
    expect((await change(owner.id, 'member')).status).toBe(403);
    expect((await change(victim.id, 'owner')).status).toBe(403);
    expect((await change(admin.id, 'owner')).status).toBe(403);
    expect((await admin.ask('DELETE', `/api/v1/members/${owner.id}`)).status).toBe(403);
    const invited = await admin.ask('POST', '/api/v1/invitations', {
      body: { email: 'x@acme.example', role: 'owner' },
    });
    expect(invited.status).toBe(403);
    expect((await change(victim.id, 'manager')).json).toMatchObject({ id: victim.id, role: 'manager' });
    expect((await change(victim.id, 'emperor')).json.error.fields[0].field).toBe('role');
  });

  test('a workspace always has an owner, even if two owners leave at once', async () => {
    const { id: workspaceId } = await s.app.workspaces.create({ name: 'Two owners' });
    const item = await makeMember(s, 'owner', { name: 'One', workspaceId });
    const two = await makeMember(s, 'owner', { name: 'Two', workspaceId });
    const leaves = (by: SignedIn) => by.ask('DELETE', `/api/v1/members/${by.id}`);
    const replies = await Promise.all([leaves(item), leaves(two)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409]);
    const left = replies[0].status === 409 ? item : two;
    const demoted = await left.ask('PATCH', `/api/v1/members/${left.id}`, { body: { role: 'admin' } });
    expect(demoted).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
  });

  test('anyone may leave; removing others requires the right to manage', async () => {
    const [item, two] = [await makeMember(s, 'member'), await makeMember(s, 'member')];
    expect((await item.ask('DELETE', `/api/v1/members/${two.id}`)).status).toBe(403);
    expect((await item.ask('DELETE', `/api/v1/members/${item.id}`)).status).toBe(204);
  });

  test('a removed user who is invited again signs in again: the old session has ended, sessions elsewhere stay', async () => {
    const { id: workspaceId } = await s.app.workspaces.create({ name: 'Revolving door' });
    const boss = await makeMember(s, 'owner', { name: 'Door Boss', workspaceId });
    const leaver = await makeMember(s, 'member', { name: 'Door Leaver', workspaceId });
    const elsewhere = (await s.app.workspaces.create({ name: 'Elsewhere' })).id;
    const { db, members } = s.app.people;
    await db.transaction((trx) => members.add(trx, elsewhere, leaver.id, 'member'));
    const signIn = async (workspace: string) => {
      const body = { email: leaver.email, password: PASSWORD };
      const made = browser(s.url, cookieOf(await s.ask('POST', '/api/v1/session', { as: null, body })));
      await made.ask('PATCH', '/api/v1/session', { body: { workspace_id: workspace } });
      return made;
    };
    const [stays, moved] = [await signIn(workspaceId), await signIn(elsewhere)];
    // A session left by an older version: the next membership does not revive it.
    const old = await signIn(workspaceId);
    const { rows } = await db.pool.query(
      'select * from session where user_id = $1 order by id desc limit 1',
      [leaver.id],
    );

    expect((await boss.ask('DELETE', `/api/v1/members/${leaver.id}`)).status).toBe(204);
    await db.pool.query('insert into session select * from json_populate_record(null::session, $1)', [
      JSON.stringify({ ...rows[0], hash: `\\x${rows[0].hash.toString('hex')}` }),
    ]);
    const body = { email: leaver.email, role: 'member' };
    const invited = (await boss.ask('POST', '/api/v1/invitations', { body })).json;
    const accepted = await s.ask('POST', '/api/v1/invitations/accept', {
      as: null,
      body: { token: tokenOf(invited.url), password: PASSWORD },
    });
    expect(accepted.status, accepted.text).toBe(201);
    const again = browser(s.url, cookieOf(accepted));
    expect((await again.ask('GET', '/api/v1/session')).status).toBe(200);
    for (const gone of [leaver, stays, old])
      expect((await gone.ask('GET', '/api/v1/session')).status).toBe(401);
    expect((await moved.ask('GET', '/api/v1/session')).json.workspace.id).toBe(elsewhere);
  });

  test('own records: owner_id and assignee_id name members of this workspace', async () => {
    const charlie = await makeMember(s, 'owner', {
      name: 'Other Charlie',
      workspaceId: s.charlie.workspaceId,
    });
    const leaver = await makeMember(s, 'member');
    for (const [path, field, body] of [
      ['contacts', 'owner_id', { first_name: 'Jane' }],
      ['companies', 'owner_id', { name: 'Acme' }],
      ['deals', 'owner_id', { name: 'Deal' }],
      ['tasks', 'assignee_id', { title: 'Task' }],
    ] as const) {
      const post = (id: string) => s.ask('POST', `/api/v1/${path}`, { body: { ...body, [field]: id } });
      for (const id of [charlie.id, NOBODY]) {
        const reply = await post(id);
        expect(reply.status, reply.text).toBe(400);
        expect(reply.json.error.fields).toEqual([{ field, message: 'there is no member with this id' }]);
      }
      const made = await post(leaver.id);
      expect(made.json[field]).toBe(leaver.id);
      const found = await s.ask('GET', `/api/v1/${path}?${field}=${leaver.id}`);
      expect(found.json.data.map(({ id }: { id: string }) => id)).toEqual([made.json.id]);
    }
    // A former member stays the owner of their records, and such a record can be changed.
    await leaver.ask('DELETE', `/api/v1/members/${leaver.id}`);
    const [task] = (await s.ask('GET', `/api/v1/tasks?assignee_id=${leaver.id}`)).json.data;
    const again = { ...task, title: 'Another title' };
    expect((await s.ask('PUT', `/api/v1/tasks/${task.id}`, { body: again })).status).toBe(200);
  });
});

describe('the audit log', () => {
  test('contains changes of keys, webhooks, members, pipelines and the plan, with their actors and without secrets', async () => {
    const { id: workspaceId } = await s.app.workspaces.create({ name: 'Audited' });
    const boss = await makeMember(s, 'owner', { name: 'Auditing Boss', workspaceId });
    const made = (await boss.ask('POST', '/api/v1/api-keys', { body: { name: 'web' } })).json;
    await boss.ask('PATCH', `/api/v1/api-keys/${made.id}`, { body: { name: 'website' } });
    const hook = { name: 'hook', url: 'https://example.com/?token=verysecret', events: ['*'] };
    const webhook = (await s.ask('POST', '/api/v1/webhooks', { as: made.key, body: hook })).json;
    await boss.ask('PATCH', `/api/v1/webhooks/${webhook.id}`, { body: { active: false } });
    const rotated = (await boss.ask('POST', `/api/v1/webhooks/${webhook.id}/rotate-secret`)).json;
    await boss.ask('DELETE', `/api/v1/webhooks/${webhook.id}`);
    const bob = await makeMember(s, 'member', { name: 'Audited Bob', workspaceId });
    await boss.ask('PATCH', `/api/v1/members/${bob.id}`, { body: { role: 'manager' } });
    await boss.ask('DELETE', `/api/v1/members/${bob.id}`);
    await boss.ask('POST', '/api/v1/invitations', { body: { email: 'new@acme.example', role: 'member' } });
    await boss.ask('POST', '/api/v1/pipelines', { body: { name: 'P', stages: [{ name: 'S' }] } });
    await boss.ask('DELETE', `/api/v1/api-keys/${made.id}`);
    await s.app.changePlan(workspaceId, 'paid');

    const reply = await boss.ask('GET', '/api/v1/audit?limit=100');
    const rendered = reply.json.data.map(
      ({ actor, action }: { actor: { type: string; name: string | null }; action: string }) =>
        `${actor.type} ${actor.name ?? ''} ${action}`,
    );
    expect(rendered.toReversed()).toEqual([
      'user Auditing Boss session.created',
      'user Auditing Boss api_key.created',
      'user Auditing Boss api_key.updated',
      'api_key website webhook.created',
      'user Auditing Boss webhook.updated',
      'user Auditing Boss webhook.secret_rotated',
      'user Auditing Boss webhook.deleted',
      'user Audited Bob session.created',
      'user Auditing Boss member.role_changed',
      'user Auditing Boss member.removed',
      'user Auditing Boss invitation.created',
      'user Auditing Boss pipeline.created',
      'user Auditing Boss api_key.revoked',
      'cli  workspace.plan_changed',
    ]);
    for (const secret of [made.key, webhook.secret, rotated.secret, 'verysecret'])
      expect(reply.text).not.toContain(secret);
    const changed = reply.json.data.find(
      ({ action }: { action: string }) => action === 'member.role_changed',
    );
    expect(changed).toMatchObject({
      object_type: 'user',
      object_id: bob.id,
      details: { name: 'Audited Bob', from: 'member', to: 'manager' },
    });
    const pages = (await boss.ask('GET', '/api/v1/audit?limit=2')).json;
    expect((await boss.ask('GET', pages.next_url)).json.data[0].id).toBe(reply.json.data[2].id);
  });

  test('has no entry for an action that failed', async () => {
    const count = async () => (await s.db.pool.query('select count(*)::int as n from audit')).rows[0].n;
    const before = await count();
    await team.admin.ask('PATCH', `/api/v1/members/${team.owner.id}`, { body: { role: 'member' } });
    await team.admin.ask('DELETE', `/api/v1/api-keys/${NOBODY}`);
    await team.admin.ask('POST', '/api/v1/webhooks', {
      body: { name: 'x', url: 'http://10.0.0.1', events: ['*'] },
    });
    expect(await count()).toBe(before);
  });
});
