import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { ask, secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

const PATH = '/api/v1/workspace';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s?.stop());

const change = (body: object, as = s.alice) => s.ask('PATCH', PATH, { body, as });

describe('the settings of a workspace', () => {
  test('a new workspace has a slug made of its name, dollars, no country, and UTC', async () => {
    const reply = await s.ask('GET', PATH);
    expect(reply.json).toEqual({
      id: s.alice.workspaceId,
      name: 'Acme',
      plan: expect.any(String),
      slug: 'acme',
      currency: 'USD',
      default_country: null,
      time_zone: 'UTC',
      locale: 'en-US',
      open_tracking: 'on_request',
      click_tracking: 'on_request',
      tracking_events: 'first_human',
    });
    const { json } = await s.ask('GET', '/api/v1/me');
    expect(json.workspace).toMatchObject({
      slug: 'acme',
      currency: 'USD',
      time_zone: 'UTC',
      locale: 'en-US',
    });
  });

  test('a change is stored, canonical, and in the audit log', async () => {
    const body = {
      name: ' Acme GmbH ',
      currency: 'eur',
      default_country: 'de',
      time_zone: 'Europe/Berlin',
      locale: 'de-de',
      plan: 'free',
    };
    const reply = await change(body);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json).toMatchObject({
      name: 'Acme GmbH',
      currency: 'EUR',
      default_country: 'DE',
      time_zone: 'Europe/Berlin',
      locale: 'de-DE',
      slug: 'acme',
    });
    expect((await s.ask('GET', PATH)).json).toEqual(reply.json);
    const [entry] = (await s.ask('GET', '/api/v1/audit')).json.data;
    expect(entry).toMatchObject({ action: 'workspace.updated', details: { currency: 'EUR' } });
  });

  test.each([
    ['name', ''],
    ['name', 'x'.repeat(101)],
    ['name', 'a\0b'],
    ['slug', 'a'],
    ['slug', '-ab'],
    ['slug', 'Ab'],
    ['slug', 'manage'],
    ['slug', 'a'.repeat(49)],
    ['currency', 'XXXX'],
    ['default_country', 'UK'],
    ['default_country', 'Germany'],
    ['time_zone', '+02:00'],
    ['time_zone', 'Mars/Base'],
    ['locale', 'not a locale'],
    ['open_tracking', 'sometimes'],
    ['tracking_events', 'none'],
    ['locale', 'xx-invalid-locale-tag-that-is-long-'],
    ['colour', 'red'],
  ])('a bad %s (%j) is a 400 that names it', async (field, value) => {
    const before = (await s.ask('GET', PATH)).json;
    const reply = await change({ locale: 'en-GB', [field]: value });
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
    expect((await s.ask('GET', PATH)).json).toEqual(before);
  });

  test('only who manages the workspace changes it; everyone in it reads it', async () => {
    expect((await change({ name: 'Mine' }, s.bob)).status).toBe(403);
    expect((await s.ask('GET', PATH, { as: s.bob })).status).toBe(200);
    for (const role of ['manager', 'member'] as const) {
      const member = await makeMember(s, role);
      expect((await member.ask('PATCH', PATH, { body: { name: 'Mine' } })).status).toBe(403);
      expect((await member.ask('GET', PATH)).status).toBe(200);
    }
  });

  test('a former slug still leads to its workspace, which may take it back; no other may', async () => {
    expect((await change({ slug: 'acme-new' })).json.slug).toBe('acme-new');
    const other = await change({ slug: 'acme' }, s.charlie);
    expect(other.status).toBe(409);
    expect(other.json.error.fields[0].field).toBe('slug');
    expect((await change({ slug: 'acme-new' }, s.charlie)).status).toBe(409);
    expect((await change({ slug: 'acme' })).json.slug).toBe('acme');
    const { rows } = await s.db.pool.query('select workspace_id from workspace_slug where slug = $1', [
      'acme-new',
    ]);
    expect(rows).toEqual([{ workspace_id: s.alice.workspaceId }]);
  });

  test('of two workspaces that take a slug at once, one gets it', async () => {
    const other = await secondServer(s);
    const replies = await Promise.all([
      change({ slug: 'race' }),
      ask(other.url, 'PATCH', PATH, { as: s.charlie, body: { slug: 'race' } }),
    ]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    await other.stop();
  });

  test('workspaces of one name have different slugs; a name without Latin letters has one too', async () => {
    const names = ['Müller & Söhne', 'muller sohne', '株式会社', '!'];
    const slugs = [];
    for (const name of names) {
      const { id } = await s.app.workspaces.create({ name });
      const { rows } = await s.db.pool.query('select slug from workspace where id = $1', [id]);
      slugs.push(rows[0].slug);
    }
    expect(slugs).toEqual(['muller-sohne', 'muller-sohne-2', 'workspace', 'workspace-2']);
  });
});

test("a new deal without a currency has the workspace's; an existing one keeps its own", async () => {
  await change({ currency: 'USD' });
  const first = (await s.ask('POST', '/api/v1/deals', { body: { name: 'One' } })).json;
  expect(first.currency).toBe('USD');
  await change({ currency: 'JPY' });
  const second = (await s.ask('POST', '/api/v1/deals', { body: { name: 'Two' } })).json;
  expect(second.currency).toBe('JPY');
  expect((await s.ask('GET', `/api/v1/deals/${first.id}`)).json.currency).toBe('USD');
  const lead = (
    await s.ask('POST', '/api/v1/leads', {
      body: { name: 'Jane Doe', email: 'jane@example.com' },
    })
  ).json;
  await s.ask('POST', `/api/v1/leads/${lead.id}/convert`, { body: { deal: {} } });
  const converted = (await s.ask('GET', '/api/v1/deals?sort=-created_at&limit=1')).json.data[0];
  expect(converted).toMatchObject({ name: 'Jane Doe', currency: 'JPY' });
});
