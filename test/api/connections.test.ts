import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../../src/app.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { readConfig } from '../../src/config.ts';
import { eraserOfAll } from '../../src/modules.ts';
import { silent } from '../kit/database.ts';
import { makeMember } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { ask, runCase, startScenario, type ApiCase, type Person, type Scenario } from '../kit/scenario.ts';

const PATH = '/api/v1/connections';
const SECRET = 'a-secret-of-Alice-1234567890';

let s: Scenario;
let mine: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  mine = (await create({ name: 'Mine' })).id;
});
afterAll(() => s.stop());

async function create(more: object = {}, as: Person | string = s.alice) {
  const body = { kind: 'typeform', name: 'Forms', ...more };
  const reply = await s.ask('POST', PATH, { as, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

function typeform(email: string, more: object = {}) {
  const field = { id: 'q', ref: 'email', type: 'email' };
  return {
    event_id: `evt-${Math.random()}`,
    event_type: 'form_response',
    form_response: { answers: [{ type: 'email', email, field }] },
    ...more,
  };
}

function send(url: string, secret: string, body: object) {
  const raw = JSON.stringify(body);
  const signature = createHmac('sha256', secret).update(raw).digest('base64');
  return s.ask('POST', url, { as: null, raw, headers: { 'typeform-signature': `sha256=${signature}` } });
}

/** Every route, with a body that it accepts. */
const ROUTES: readonly [method: string, path: (id: string) => string, write: boolean, body?: object][] = [
  ['GET', () => PATH, false],
  ['GET', () => '/api/v1/connection-kinds', false],
  ['GET', (id) => `${PATH}/${id}`, false],
  ['GET', (id) => `${PATH}/${id}/events`, false],
  ['GET', (id) => `${PATH}/${id}/events/0198f000-0000-7000-8000-000000000000`, false],
  ['POST', () => PATH, true, { kind: 'crm', name: 'CRM' }],
  ['PATCH', (id) => `${PATH}/${id}`, true, { name: 'Renamed' }],
  ['PUT', (id) => `${PATH}/${id}`, true, { name: 'Renamed' }],
  ['POST', (id) => `${PATH}/${id}/test`, true],
  ['POST', (id) => `${PATH}/${id}/rotate-secret`, true, {}],
  ['DELETE', (id) => `${PATH}/${id}`, true],
];

describe.each(ROUTES)('%s %s', (method, path, write, body) => {
  const request = (as: Person | string | null, headers = {}) =>
    s.ask(method, path(mine), { as, headers, ...(body && { body }) });

  test('requires its scope', async () => {
    const others = ['contacts:write', 'webhooks:manage', 'keys:manage', 'leads:write'];
    const scopes = write ? [...others, 'connections:read'] : others;
    const reply = await request(await s.person(scopes));
    expect([reply.status, reply.json.error.code]).toEqual([403, 'forbidden']);
    expect((await request(null)).status).toBe(401);
  });

  test('is closed to members, and to managers if it changes something', async () => {
    for (const [role, status] of [
      ['member', 403],
      ['manager', write ? 403 : path('').endsWith('000') ? 404 : 200],
    ] as const) {
      const person = await makeMember(s, role);
      const reply = await person.ask(method, path(mine), body ? { body } : {});
      expect(reply.status, `${role}: ${reply.text}`).toBe(status);
    }
  });

  test('shows and changes nothing of another workspace', async () => {
    const reply = await request(s.charlie);
    expect(reply.text).not.toContain(mine);
    expect(reply.status).toBe(path('').includes(`${PATH}/`) ? 404 : body ? 201 : 200);
    expect((await s.ask('GET', `${PATH}/${mine}`)).json.name).toBe('Mine');
  });
});

test('an unknown or malformed id is a 404 at every route', async () => {
  const ofId = ROUTES.filter(([, path]) => path('').includes(`${PATH}/`));
  for (const [method, path, , body] of ofId)
    for (const id of ['0198f000-0000-7000-8000-000000000000', 'x']) {
      const reply = await s.ask(method, path(id), body ? { body } : {});
      expect([reply.status, reply.json.error.code], `${method} ${path(id)}`).toEqual([404, 'not_found']);
    }
});

describe('creating', () => {
  test.each<ApiCase>([
    { name: 'no kind', method: 'POST', path: PATH, body: { name: 'x' }, status: 400, fields: ['kind'] },
    {
      name: 'an unknown kind',
      method: 'POST',
      path: PATH,
      body: { kind: 'stripes', name: 'x' },
      status: 400,
      fields: ['kind'],
    },
    { name: 'no name', method: 'POST', path: PATH, body: { kind: 'crm' }, status: 400, fields: ['name'] },
    {
      name: 'an unknown setting',
      method: 'POST',
      path: PATH,
      body: { kind: 'crm', name: 'x', settings: { host: 'x' } },
      status: 400,
      fields: ['settings.host'],
    },
    {
      name: 'an unknown secret',
      method: 'POST',
      path: PATH,
      body: { kind: 'crm', name: 'x', secrets: { key: 'x' } },
      status: 400,
      fields: ['secrets.key'],
    },
    {
      name: 'a short secret',
      method: 'POST',
      path: PATH,
      body: { kind: 'typeform', name: 'x', secrets: { webhook_secret: 'short' } },
      status: 400,
      fields: ['secrets.webhook_secret'],
    },
    {
      name: 'a secret that is no text',
      method: 'POST',
      path: PATH,
      body: { kind: 'google-ads', name: 'x', secrets: { google_key: 5 } },
      status: 400,
      fields: ['secrets.google_key'],
    },
    {
      name: 'a key too long for Google',
      method: 'POST',
      path: PATH,
      body: { kind: 'google-ads', name: 'x', secrets: { google_key: 'k'.repeat(51) } },
      status: 400,
      fields: ['secrets.google_key'],
    },
    {
      name: 'a secret with NUL',
      method: 'POST',
      path: PATH,
      body: { kind: 'typeform', name: 'x', secrets: { webhook_secret: `${SECRET}\0` } },
      status: 400,
      fields: ['secrets.webhook_secret'],
    },
    {
      name: 'an unknown field',
      method: 'POST',
      path: PATH,
      body: { kind: 'crm', name: 'x', token: 'x' },
      status: 400,
      fields: ['token'],
    },
  ])('400 that names the field: $name', async (item) => {
    await runCase(s, item);
    const reply = await s.ask('POST', PATH, { body: item.body });
    expect(reply.text).not.toContain(SECRET);
  });

  test('a retry with the same Idempotency-Key creates one connection and repeats its secret', async () => {
    const headers = { 'idempotency-key': 'connect-once' };
    const body = { kind: 'typeform', name: 'Once' };
    const [first, again] = [
      await s.ask('POST', PATH, { body, headers }),
      await s.ask('POST', PATH, { body, headers }),
    ];
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { data } = (await s.ask('GET', PATH)).json;
    expect(data.filter(({ name }: { name: string }) => name === 'Once')).toHaveLength(1);
  });

  test('a workspace has at most 100', async () => {
    const { id: workspaceId } = await s.app.workspaces.create({ name: 'Full' });
    const { raw } = await s.app.keys.create({
      workspaceId,
      name: 'k',
      style: 'fairlead',
      createdBy: 'test',
      scopes: ['*'],
    });
    for (let n = 0; n < 100; n++) await create({ name: `${n}` }, raw);
    const full = await s.ask('POST', PATH, { as: raw, body: { kind: 'crm', name: 'x' } });
    expect([full.status, full.json.error.code]).toEqual([409, 'conflict']);
    const page = (await s.ask('GET', `${PATH}?limit=60`, { as: raw })).json;
    const rest = (await s.ask('GET', page.next_url, { as: raw })).json;
    expect([page.data.length, rest.data.length, rest.has_more]).toEqual([60, 40, false]);
  });

  test('nobody gives more than they have: a key needs leads:create and no expiry', async () => {
    const body = { kind: 'typeform', name: 'x' };
    const lacking = await s.ask('POST', PATH, { as: await s.person(['connections:manage']), body });
    expect([lacking.status, lacking.json.error.message]).toEqual([
      403,
      expect.stringContaining('leads:create'),
    ]);
    const { key } = (
      await s.ask('POST', '/api/v1/api-keys', {
        body: { name: 'x', scopes: ['connections:manage', 'leads:create'], expires_in_days: 7 },
      })
    ).json;
    for (const [path, more] of [
      [PATH, body],
      [`${PATH}/${mine}/rotate-secret`, {}],
    ] as const)
      expect((await s.ask('POST', path, { as: key, body: more })).status, path).toBe(403);
    for (const change of [{ secrets: { webhook_secret: SECRET } }, { active: true }])
      expect((await s.ask('PATCH', `${PATH}/${mine}`, { as: key, body: change })).status).toBe(403);
    const own = await s.person(['connections:manage', 'leads:create']);
    expect((await create({}, own)).created_by).toBe(`api_key:${own.keyId}`);
  });
});

describe('changing', () => {
  test('what was read can be sent back, and changes nothing', async () => {
    const { secrets: _secrets, ...made } = await create();
    for (const method of ['PUT', 'PATCH']) {
      const reply = await s.ask(method, `${PATH}/${made.id}`, { body: made });
      expect(reply.status, reply.text).toBe(200);
      expect({ ...reply.json, updated_at: '' }).toEqual({ ...made, updated_at: '' });
    }
  });

  test('its kind cannot be changed, and a secret is replaced at once', async () => {
    const made = await create();
    const path = `${PATH}/${made.id}`;
    const kind = await s.ask('PATCH', path, { body: { kind: 'crm' } });
    expect([kind.status, kind.json.error.fields[0].field]).toEqual([400, 'kind']);
    const changed = await s.ask('PATCH', path, { body: { secrets: { webhook_secret: SECRET } } });
    expect([changed.status, changed.json.secrets]).toEqual([200, undefined]);
    const [url] = made.urls;
    expect((await send(url.url, SECRET, typeform('a@x.example'))).status).toBe(200);
    expect((await send(url.url, made.secrets.webhook_secret, typeform('a@x.example'))).status).toBe(401);
    const removed = await s.ask('PATCH', path, { body: { secrets: { webhook_secret: null } } });
    expect([removed.status, removed.json.error.fields[0].field]).toEqual([400, 'secrets.webhook_secret']);
  });

  test('a disabled connection can be enabled again', async () => {
    const made = await create({ secrets: { webhook_secret: SECRET } });
    const [{ url }] = made.urls;
    const set = async (active: boolean) =>
      (await s.ask('PATCH', `${PATH}/${made.id}`, { body: { active } })).json.state;
    expect(await set(false)).toBe('disabled');
    expect((await send(url, SECRET, typeform('b@x.example'))).status).toBe(401);
    expect(await set(true)).toBe('waiting');
    expect((await send(url, SECRET, typeform('b@x.example'))).status).toBe(200);
  });

  test.each<[object, string]>([
    [{ secret: 'short' }, 'secret'],
    [{ name: 'another' }, 'name'],
    [{ overlap_s: -1 }, 'overlap_s'],
    [{ overlap_s: 700_000 }, 'overlap_s'],
  ])('a rotation with %j is a 400 that names %s', async (body, field) => {
    const reply = await s.ask('POST', `${PATH}/${mine}/rotate-secret`, { body });
    expect([reply.status, reply.json.error.fields[0].field]).toEqual([400, field]);
  });

  test('every change is in the audit log, without a secret', async () => {
    const made = await create({ name: 'Audited' });
    const path = `${PATH}/${made.id}`;
    await s.ask('PATCH', path, { body: { active: false, secrets: { webhook_secret: SECRET } } });
    const rotated = await s.ask('POST', `${path}/rotate-secret`, { body: {} });
    await s.ask('POST', `${path}/test`);
    await s.ask('DELETE', path);
    const audit = await s.ask('GET', '/api/v1/audit?limit=5');
    expect(audit.json.data.map(({ action }: { action: string }) => action)).toEqual([
      'connection.deleted',
      'connection.tested',
      'connection.secret_rotated',
      'connection.updated',
      'connection.created',
    ]);
    expect(audit.json.data[3].details).toMatchObject({
      kind: 'typeform',
      changed: expect.arrayContaining(['active', 'secrets']),
    });
    for (const secret of [made.secrets.webhook_secret, rotated.json.secrets.webhook_secret, SECRET])
      expect(audit.text).not.toContain(secret);
  });
});

test('kinds are described, so that a form can be drawn', async () => {
  const { data } = (await s.ask('GET', '/api/v1/connection-kinds')).json;
  expect(data.map(({ name }: { name: string }) => name)).toEqual([
    'crm',
    'typeform',
    'google-ads',
    'stripe',
    'paypal',
    'calcom',
    'calendly',
    'ics',
    'caldav',
    'smtp',
    'ses',
    'postmark',
    'mailgun',
    'sendgrid',
    'resend',
    'imap',
    'twilio',
    'telnyx',
  ]);
  expect(data[1]).toMatchObject({
    label: 'Typeform',
    docs: 'docs/integrations/typeform.md',
    urls: [{ label: 'Webhook URL', url: `${s.url}/webhooks/typeform/{id}` }],
    scopes: ['leads:create'],
    has_test: true,
    fields: [
      {
        name: 'webhook_secret',
        label: 'Signing secret',
        kind: 'text',
        required: false,
        secret: true,
        generated: true,
      },
    ],
  });
});

test('a secret is shown once: it is in no list, no table, no log and no later response', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const config = readConfig({ FAIRLEAD_SERVICES: 'api' });
  const app = assemble({ config, db: s.db, sealer: makeSealer(Buffer.alloc(32, 7)), log });
  const server = await app.server();
  await server.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const here = (method: string, path: string, body?: object) =>
    ask(url, method, path, {
      as: s.alice,
      ...(body && { body, headers: { 'idempotency-key': `${Math.random()}` } }),
    });
  const reader = await s.person(['connections:read']);
  try {
    for (const kind of ['typeform', 'google-ads', 'crm']) {
      const made = (await here('POST', PATH, { kind, name: kind })).json;
      const [name, generated] = Object.entries<string>(made.secrets)[0]!;
      const own = await here('PATCH', `${PATH}/${made.id}`, { secrets: { [name]: SECRET } });
      expect(own.status, own.text).toBe(200);
      await here('POST', `${PATH}/${made.id}/test`, {});
      const body = {
        // What another CRM reports is stored as sent.
        ...(kind !== 'crm' && { google_key: SECRET, hidden: `x ${SECRET}` }),
        crm_lead_id: '1',
        lead_id: '1',
        user_column_data: [{ column_id: 'CITY' }],
        form_response: {},
      };
      const raw = JSON.stringify(body);
      const signature = createHmac('sha256', SECRET).update(raw).digest('base64');
      const headers = { 'typeform-signature': `sha256=${signature}` };
      const { url: inbound } = made.urls[0];
      expect((await ask(url, 'POST', new URL(inbound).pathname, { as: SECRET, raw, headers })).status).toBe(
        kind === 'crm' ? 200 : 400,
      );
      const events = `${PATH}/${made.id}/events`;
      for (const { text } of [
        await here('GET', PATH),
        await here('GET', `${PATH}/${made.id}`),
        await ask(url, 'GET', events, { as: reader }),
      ]) {
        expect(text).not.toContain(generated);
        expect(text).not.toContain(SECRET);
      }
      // The sender wrote it into the body, which callers who manage connections see as it came.
      expect((await here('GET', events)).text.includes(SECRET)).toBe(kind !== 'crm');
      for (const secret of [generated, SECRET]) {
        expect(await tablesWith(secret)).toEqual([]);
        expect(lines.join('\n')).not.toContain(secret);
      }
    }
    const { rows } = await s.db.pool.query<{ secrets: Buffer }>('select secrets from connection');
    expect(
      rows.every(({ secrets }) => secrets[0] === 1 && !secrets.toString('latin1').includes(SECRET)),
    ).toBe(true);
  } finally {
    await server.close();
    await app.close();
  }
});

test('a connection whose secrets were sealed with another key says so, and works once they are set again', async () => {
  const made = await create();
  const other = makeSealer(Buffer.alloc(32, 8));
  const place = { workspaceId: s.alice.workspaceId, table: 'connection', column: 'secrets' };
  await s.db.pool.query('update connection set secrets = $2 where id = $1', [
    made.id,
    other.seal(place, JSON.stringify({ webhook_secret: SECRET })),
  ]);
  const [{ url }] = made.urls;
  expect((await send(url, SECRET, typeform('c@x.example'))).status).toBe(401);
  await until(async () => (await s.ask('GET', `${PATH}/${made.id}`)).json.state === 'failing');
  const failing = await s.ask('GET', `${PATH}/${made.id}`);
  expect(failing.json.last_error).toContain('FAIRLEAD_SECRET_KEY');
  expect((await s.ask('POST', `${PATH}/${made.id}/test`)).status).toBe(409);
  const rotated = await s.ask('POST', `${PATH}/${made.id}/rotate-secret`, { body: { secret: SECRET } });
  expect([rotated.status, rotated.json.old_secrets_until]).toEqual([200, null]);
  expect((await send(url, SECRET, typeform('c@x.example'))).status).toBe(200);
});

test('erasing a lead clears the log: refused bodies with its address, and ids of its requests', async () => {
  const needle = 'wilhelmina@private.example';
  const made = await create({ secrets: { webhook_secret: SECRET } });
  const [{ url }] = made.urls;
  const bad = typeform(needle, { event_type: undefined, event_id: 'evt-needle' });
  expect((await send(url, SECRET, bad)).status).toBe(400);
  const good = await send(url, SECRET, typeform(needle, { event_id: 'evt-needle' }));
  expect((await send(url, 'a wrong secret', typeform(needle))).status).toBe(401);
  await until(async () => (await tablesWith(needle)).includes('connection_unverified_request'));
  expect(good.status, good.text).toBe(200);
  expect(await tablesWith(needle)).toContain('connection_event');
  expect((await s.ask('POST', `/api/v1/leads/${good.json.id}/erase`)).status).toBe(202);
  await eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);
  expect(await tablesWith(needle)).toEqual([]);
  const { data } = (await s.ask('GET', `${PATH}/${made.id}/events`)).json;
  expect(data).toMatchObject([
    { outcome: 'refused', payload: null },
    { outcome: 'accepted', external_id: null, payload: null, record: { id: good.json.id } },
    { outcome: 'refused', external_id: null, payload: null },
  ]);
});

test('erasing a contact clears the bodies of requests that became no record', async () => {
  const needle = 'wilma.grün@private.example';
  const made = await create({ secrets: { webhook_secret: SECRET } });
  const [{ url }] = made.urls;
  const escaped = JSON.stringify(typeform('@', { event_type: undefined })).replace(
    '"@"',
    '"wilma.gr\\u00fcn@private.example"',
  );
  const signature = createHmac('sha256', SECRET).update(escaped).digest('base64');
  const sent = await s.ask('POST', url, {
    as: null,
    raw: escaped,
    headers: { 'typeform-signature': `sha256=${signature}` },
  });
  expect(sent.status).toBe(400);
  const contact = await s.ask('POST', '/api/v1/contacts', {
    body: { first_name: 'Wilma', email: 'first@private.example', other_emails: [needle] },
  });
  expect(contact.status, contact.text).toBe(201);
  const payloadOf = async () => (await s.ask('GET', `${PATH}/${made.id}/events`)).json.data[0].payload;
  expect(await payloadOf()).not.toBeNull();
  await s.ask('POST', `/api/v1/contacts/${contact.json.id}/erase`);
  await eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);
  expect(await payloadOf()).toBeNull();
});

describe('base_url', () => {
  const kinds = async () =>
    (await s.ask('GET', '/api/v1/connection-kinds')).json.data.map(({ name }: { name: string }) => name);
  /** What a connection of these kinds needs; the others need nothing. */
  const needed: Record<string, { settings: Record<string, unknown>; secrets?: Record<string, string> }> = {};
  beforeAll(async () => {
    const { id } = await makeMember(s, 'member');
    const settings = { url: 'https://calendar.example.com/team.ics', user_id: id };
    needed['ics'] = { settings: { user_id: id }, secrets: { url: settings.url } };
    needed['twilio'] = {
      settings: { account_sid: 'AC1', from: '+15550100001' },
      secrets: { auth_token: 'a token' },
    };
    const public_key = `${'A'.repeat(43)}=`;
    needed['telnyx'] = { settings: { public_key, from: '+15550100001' }, secrets: { api_key: 'KEY1' } };
    const account = { from_email: 'sam@acme.example' };
    needed['smtp'] = { settings: { ...account, host: 'mail.example.com' } };
    needed['ses'] = {
      settings: { ...account, region: 'eu-west-1' },
      secrets: { access_key_id: 'id', secret_access_key: 'key' },
    };
    needed['postmark'] = { settings: account, secrets: { server_token: 'token' } };
    needed['mailgun'] = { settings: { ...account, domain: 'mg.example.com' }, secrets: { api_key: 'key' } };
    needed['sendgrid'] = { settings: account, secrets: { api_key: 'key' } };
    needed['resend'] = { settings: account, secrets: { api_key: 'key' } };
    needed['imap'] = {
      settings: { host: 'imap.example.com' },
      secrets: { username: 'jane', password: 'a long password' },
    };
    needed['caldav'] = { settings, secrets: { username: 'jane', password: 'a long password' } };
  });
  const withUrl = async (kind: string, base_url: unknown) => {
    const { settings = {}, ...more } = needed[kind] ?? {};
    return s.ask('POST', PATH, { body: { kind, name: 'x', settings: { ...settings, base_url }, ...more } });
  };

  test('is a setting of every kind, can be changed and removed', async () => {
    for (const kind of await kinds()) {
      const made = await withUrl(kind, 'https://proxy.example.com/v1');
      const others = needed[kind]?.settings ?? {};
      const shown = (settings: object) => expect.objectContaining({ ...others, ...settings });
      expect([made.status, made.json.settings], made.text).toEqual([
        201,
        shown({ base_url: 'https://proxy.example.com/v1' }),
      ]);
      const path = `${PATH}/${made.json.id}`;
      // The account of a member takes its secrets with it.
      const { secrets } = 'user_id' in others ? needed[kind]! : {};
      const moved = await s.ask('PATCH', path, {
        body: { settings: { base_url: 'https://b.example.com' }, secrets },
      });
      expect(moved.json.settings).toEqual(shown({ base_url: 'https://b.example.com' }));
      const removed = await s.ask('PATCH', path, { body: { settings: { base_url: null }, secrets } });
      expect(removed.json.settings).not.toHaveProperty('base_url');
    }
  });

  test.each([
    ['no URL', 'proxy'],
    ['another scheme', 'file:///etc/passwd'],
    ['a private address', 'http://10.0.0.1/'],
    ['cloud metadata', 'http://169.254.169.254/latest'],
    ['a password', 'https://a:b@x.example.com'],
    ['a number', 5],
  ])('400 that names it: %s', async (_name, url) => {
    const made = await withUrl('typeform', url);
    expect([made.status, made.json.error.fields[0].field]).toEqual([400, 'settings.base_url']);
    const body = { settings: { base_url: url } };
    expect((await s.ask('PATCH', `${PATH}/${mine}`, { body })).status).toBe(400);
  });
});

test('what a member connected, or a key of theirs, is listed and can be revoked as they leave', async () => {
  const kim = await makeMember(s, 'admin', { name: 'Kim' });
  const own = (await kim.ask('POST', PATH, { body: { kind: 'crm', name: 'Own' } })).json;
  const { key } = (await kim.ask('POST', '/api/v1/api-keys', { body: { name: 'k', scopes: ['*'] } })).json;
  const byKey = await create({ name: 'By key' }, key);
  const path = `/api/v1/members/${kim.id}`;
  const made = (await s.ask('GET', `${path}/made`)).json;
  expect(made.connections).toMatchObject({
    total_count: 2,
    data: [
      { id: byKey.id, name: 'By key', kind: 'typeform', state: 'waiting' },
      { id: own.id, name: 'Own', kind: 'crm', state: 'waiting' },
    ],
  });
  const reader = await s.person(['members:read']);
  expect((await s.ask('GET', `${path}/made`, { as: reader })).json.connections).toBeNull();
  const lacking = await s.person(['workspace:manage', 'connections:read']);
  expect((await s.ask('DELETE', `${path}?revoke=connections`, { as: lacking })).status).toBe(403);
  expect((await s.ask('GET', `${PATH}/${own.id}`)).status).toBe(200);
  const removed = await s.ask('DELETE', `${path}?revoke=connections,keys`);
  expect(removed.status, removed.text).toBe(204);
  for (const { id } of [own, byKey]) expect((await s.ask('GET', `${PATH}/${id}`)).status).toBe(404);
  const actions = (await s.ask('GET', '/api/v1/audit?limit=4')).json.data;
  expect(actions.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(['member.removed', 'connection.deleted', 'api_key.revoked']),
  );
});

/** The tables that contain a text in any column of any row. */
async function tablesWith(needle: string): Promise<string[]> {
  const { rows } = await s.db.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const query = `select from ${name} t where strpos(lower(t::text), lower($1)) > 0 limit 1`;
    if ((await s.db.pool.query(query, [needle])).rowCount) found.push(name);
  }
  return found;
}
