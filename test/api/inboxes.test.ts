import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/catalogue.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { dropOldInboxes } from '../../src/delivery/inbox/inbox.ts';
import { makeMember } from '../kit/member.ts';
import { runCase, startScenario, type Person, type Scenario } from '../kit/scenario.ts';

const INBOXES = '/api/v1/inboxes';

let s: Scenario;
beforeAll(async () => {
  // As in production: webhooks cannot reach private addresses.
  s = await startScenario({ FAIRLEAD_EGRESS_ALLOW: '' });
});
afterAll(() => s.stop());

interface Shown {
  id: string;
  url: string;
  name: string;
  status: number;
  expires_at: string;
}

async function newUser(): Promise<Person> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Alone' });
  const key = { workspaceId, name: 'key', style: 'fairlead' as const, createdBy: 'test' };
  const { id, raw } = await s.app.keys.create(key);
  return { workspaceId, keyId: id, key: raw };
}

async function inbox(as: Person, more: object = {}): Promise<Shown> {
  const reply = await s.ask('POST', INBOXES, { as, body: { name: 'First', ...more } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

async function arrived(as: Person, { id }: Shown, query = '') {
  const reply = await s.ask('GET', `${INBOXES}/${id}/requests${query}`, { as });
  expect(reply.status, reply.text).toBe(200);
  return reply.json.data;
}

async function hook(as: Person, { url }: Shown, more: object = {}) {
  const body = { name: 'hook', url, events: ['contact.created'], ...more };
  const reply = await s.ask('POST', '/api/v1/webhooks', { as, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

describe('an inbox', () => {
  test('accepts any method and content type without a key, and shows the request as sent', async () => {
    const alone = await newUser();
    const box = await inbox(alone);
    expect(box.url).toMatch(new RegExp(`^${s.url}/inbox/[\\w-]{75}$`));
    expect(Date.parse(box.expires_at) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    const send = (method: string, more: RequestInit = {}, query = '') =>
      fetch(box.url + query, { method, ...more });
    expect((await send('GET', { headers: { accept: 'text/html' } }, '?a=1')).status).toBe(200);
    await send('POST', {
      body: '{"a":',
      headers: { 'content-type': 'application/json', 'X-Secret': 'hunter2' },
    });
    await send('PUT', { body: Buffer.from([0, 255, 1]), headers: { 'content-type': 'image/png' } });
    await send('DELETE');
    await send('POST', {
      body: gzipSync('coded'),
      headers: { 'content-encoding': 'gzip', 'content-type': 'odd' },
    });
    await send('PATCH', { body: 'ünïcode' });
    const all = await arrived(alone, box);
    expect(
      all.map(({ method, body, body_encoding: encoding, size, query, signed }: Record<string, unknown>) => [
        method,
        body,
        encoding,
        size,
        query,
        signed,
      ]),
    ).toEqual([
      ['PATCH', 'ünïcode', 'utf-8', 9, '', null],
      ['POST', gzipSync('coded').toString('base64'), 'base64', gzipSync('coded').length, '', null],
      ['DELETE', '', 'utf-8', 0, '', null],
      ['PUT', 'AP8B', 'base64', 3, '', null],
      ['POST', '{"a":', 'utf-8', 5, '', null],
      ['GET', '', 'utf-8', 0, '?a=1', null],
    ]);
    expect(all[1].headers).toContainEqual({ name: 'content-type', value: 'odd' });
    const { headers } = all[4];
    expect(headers).toContainEqual({ name: 'X-Secret', value: 'hunter2' });
    expect(headers).toContainEqual({ name: 'content-type', value: 'application/json' });
  });

  test('responds with the configured status, keeps the last hundred, and rejects large requests', async () => {
    const alone = await newUser();
    const box = await inbox(alone, { status: 503 });
    const post = (body: string) => fetch(box.url, { method: 'POST', body });
    expect((await post('0')).status).toBe(503);
    const changed = await s.ask('PATCH', `${INBOXES}/${box.id}`, {
      as: alone,
      body: { ...box, status: 204, name: 'Second' },
    });
    expect(changed.json).toEqual({ ...box, status: 204, name: 'Second' });
    for (let n = 1; n <= 104; n++) expect((await post(String(n))).status).toBe(204);
    const first = await arrived(alone, box, '?limit=99');
    expect(first.map(({ body }: { body: string }) => Number(body))).toEqual(
      Array.from({ length: 99 }, (_, n) => 104 - n),
    );
    const page = (await s.ask('GET', `${INBOXES}/${box.id}/requests?limit=99`, { as: alone })).json;
    expect(
      (await s.ask('GET', page.next_url, { as: alone })).json.data.map(({ body }: { body: string }) => body),
    ).toEqual(['5']);
    expect((await post('x'.repeat(262_144))).status).toBe(204);
    expect((await post('x'.repeat(262_145))).status).toBe(413);
  });

  test('disappears with its requests when it is deleted or expires', async () => {
    const alone = await newUser();
    const [gone, old] = [await inbox(alone), await inbox(alone)];
    for (const { url } of [gone, old]) await fetch(url, { method: 'POST', body: 'x' });
    expect((await s.ask('DELETE', `${INBOXES}/${gone.id}`, { as: alone })).status).toBe(204);
    await s.db.pool.query(`update inbox set expires_at = now() - interval '1 s' where id = $1`, [old.id]);
    for (const { id, url } of [gone, old]) {
      expect((await fetch(url, { method: 'POST' })).status).toBe(404);
      for (const path of [`${INBOXES}/${id}`, `${INBOXES}/${id}/requests`])
        expect((await s.ask('GET', path, { as: alone })).status).toBe(404);
    }
    expect((await s.ask('GET', INBOXES, { as: alone })).json.data).toEqual([]);
    expect(await dropOldInboxes(s.db)).toBe(1);
    const { rows } = await s.db.pool.query('select from inbox_request where workspace_id = $1', [
      alone.workspaceId,
    ]);
    expect(rows).toHaveLength(0);
  });

  test('cannot be guessed: another secret, other ids and a shorter token find nothing', async () => {
    const alone = await newUser();
    const { url } = await inbox(alone);
    const other = await inbox(alone);
    const [token, second] = [url, other.url].map((item) => item.split('/').at(-1)!);
    for (const wrong of [
      `${token!.slice(0, -1)}${token!.endsWith('A') ? 'B' : 'A'}`,
      // One inbox's ids with another's secret.
      token!.slice(0, 42) + second!.slice(42),
      token!.slice(0, 43),
      `${token}A`,
      'x',
    ])
      expect((await fetch(`${s.url}/inbox/${wrong}`, { method: 'POST' })).status, wrong).toBe(404);
  });

  test('is sealed in the database, both its URL’s secret and its requests', async () => {
    const alone = await newUser();
    const box = await inbox(alone);
    const token = box.url.split('/').at(-1)!;
    const secret = Buffer.from(token, 'base64url').toString('base64url', 32);
    const headers = { 'x-secret': 'hunter2-header' };
    await fetch(`${box.url}?key=hunter2-query`, { method: 'POST', headers, body: 'hunter2-body' });
    const { rows } = await s.db.pool.query(
      `select i::text || r::text as text, r.sealed, i.sealed_secret from inbox i
       join inbox_request r on r.workspace_id = i.workspace_id and r.inbox_id = i.id where i.id = $1`,
      [box.id],
    );
    expect(rows).toHaveLength(1);
    const hex = (text: string) => Buffer.from(text).toString('hex');
    for (const plain of ['hunter2', hex('hunter2'), token, secret, hex(secret)])
      expect(rows[0].text).not.toContain(plain);
    const [got] = await arrived(alone, box);
    expect(got).toMatchObject({ query: '?key=hunter2-query', body: 'hunter2-body' });
    expect(got.headers).toContainEqual({ name: 'x-secret', value: 'hunter2-header' });
    // Sealed for its workspace: moved to another one, it cannot be opened.
    const sealer = makeSealer(Buffer.alloc(32, 7));
    const place = { table: 'inbox_request', column: 'sealed' };
    const sealed = rows[0].sealed as Buffer;
    expect(sealer.open({ ...place, workspaceId: alone.workspaceId }, sealed)).toContain('hunter2-header');
    expect(() => sealer.open({ ...place, workspaceId: s.charlie.workspaceId }, sealed)).toThrow('changed');
  });

  test('of 0.1.0, unsealed, still works: its URL accepts requests, and it shows the earlier ones', async () => {
    const alone = await newUser();
    const [id, request] = ['01976d3c-0000-7000-8000-00000000b0c5', '01976d3c-0000-7000-8000-00000000b0c6'];
    const secret = 'A'.repeat(32);
    await s.db.pool.query(
      `insert into inbox (workspace_id, id, name, secret, status, created_by, created_at, expires_at)
       values ($1, $2, 'Old', $3, 202, 'test', now(), now() + interval '5 days')`,
      [alone.workspaceId, id, secret],
    );
    await s.db.pool.query(
      `insert into inbox_request (workspace_id, inbox_id, id, method, query, headers, body, signed, received_at)
       values ($1, $2, $3, 'POST', '?a=1', '[["x-old","yes"]]', 'old body', null, now())`,
      [alone.workspaceId, id, request],
    );
    const ids = Buffer.from((alone.workspaceId + id).replaceAll('-', ''), 'hex');
    const token = Buffer.concat([ids, Buffer.from(secret, 'base64url')]).toString('base64url');
    const box = (await s.ask('GET', `${INBOXES}/${id}`, { as: alone })).json;
    expect(box).toMatchObject({ name: 'Old', url: `${s.url}/inbox/${token}` });
    expect((await fetch(box.url, { method: 'POST', body: 'new body' })).status).toBe(202);
    const wrong = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    expect((await fetch(`${s.url}/inbox/${wrong}`, { method: 'POST' })).status).toBe(404);
    const all = await arrived(alone, box);
    expect(all.map(({ body }: { body: string }) => body)).toEqual(['new body', 'old body']);
    expect(all[1]).toMatchObject({ query: '?a=1', headers: [{ name: 'x-old', value: 'yes' }] });
    const renamed = await s.ask('PATCH', `${INBOXES}/${id}`, { as: alone, body: { name: 'Older' } });
    expect(renamed.json).toEqual({ ...box, name: 'Older' });
    const made = await hook(alone, box);
    await s.ask('POST', `/api/v1/webhooks/${made.id}/test`, { as: alone });
    await expect.poll(() => arrived(alone, box), { timeout: 10_000 }).toHaveLength(3);
    expect((await arrived(alone, box))[0].signed).toBe(true);
  });

  test('ten per workspace at most, even with concurrent requests', async () => {
    const alone = await newUser();
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => s.ask('POST', INBOXES, { as: alone, body: { name: 'Box' } })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(replies.find(({ status }) => status !== 201)!.json.error.code).toBe('limit_reached');
    const listed = (await s.ask('GET', `${INBOXES}?limit=4`, { as: alone })).json;
    const rest = (await s.ask('GET', listed.next_url.replace('limit=4', 'limit=20'), { as: alone })).json;
    expect(new Set([...listed.data, ...rest.data].map(({ id }: Shown) => id)).size).toBe(10);
  });

  test.each([
    [{}, 'name'],
    [{ name: ' ' }, 'name'],
    [{ name: 'x', status: 101 }, 'status'],
    [{ name: 'x', status: 600 }, 'status'],
    [{ name: 'x', webhook: 'y' }, 'webhook'],
  ])('%o is a 400 that names the field', async (body, field) => {
    await runCase(s, { name: '', method: 'POST', path: INBOXES, body, status: 400, fields: [field] });
  });

  test('requires the scope to manage webhooks, and belongs to its workspace; changes are in the audit log', async () => {
    const alone = await newUser();
    const box = await inbox(alone);
    const manager = await makeMember(s, 'manager', { name: 'Box Manager', workspaceId: alone.workspaceId });
    expect((await manager.ask('GET', `${INBOXES}/${box.id}/requests`)).status).toBe(200);
    expect((await manager.ask('POST', INBOXES, { body: { name: 'x' } })).status).toBe(403);
    expect((await s.ask('GET', INBOXES, { as: s.bob })).status).toBe(403);
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/requests'],
      ['PATCH', ''],
      ['DELETE', ''],
    ] as const) {
      const input = { as: s.charlie, ...(method === 'PATCH' && { body: { name: 'x' } }) };
      expect((await s.ask(method, `${INBOXES}/${box.id}${path}`, input)).status).toBe(404);
    }
    const audit = await s.ask('GET', '/api/v1/audit', { as: alone });
    expect(audit.json.data.some(({ action }: { action: string }) => action === 'inbox.created')).toBe(true);
    expect(audit.text).not.toContain(box.url.split('/').at(-1));
  });
});

describe('a webhook that sends to an inbox', () => {
  test.each([...FORMATS.values()])('$name: is delivered, signed, and shown as verified', async (format) => {
    const alone = await newUser();
    const box = await inbox(alone);
    const secret = format.makeSecret();
    const made = await hook(alone, box, { format: format.name, secret, headers: { 'X-Mine': 'yes' } });
    const { id } = (await s.ask('POST', '/api/v1/contacts', { as: alone, body: { first_name: 'Jane' } }))
      .json;
    await expect.poll(() => arrived(alone, box), { timeout: 10_000 }).toHaveLength(1);
    const [got] = await arrived(alone, box);
    expect(got).toMatchObject({ method: 'POST', signed: true });
    expect(got.body).toContain(format.name === 'axcelerate' ? '"id":1,' : id);
    const value = (name: string) =>
      got.headers.find((item: { name: string }) => item.name.toLowerCase() === name)?.value;
    expect(value('content-type')).toBe('application/json');
    // A custom header of the webhook, masked here as everywhere.
    expect(value('x-mine')).toBe('********');
    expect(value('content-length')).toBe(String(got.size));
    expect(value('host')).toBe(new URL(s.url).host);
    const log = () => s.ask('GET', `/api/v1/webhooks/${made.id}/deliveries?state=delivered`, { as: alone });
    await expect.poll(async () => (await log()).json.data.length).toBe(1);

    // With another secret, or another body, it is not verified.
    const headers = Object.fromEntries(
      got.headers.map((item: { name: string; value: string }) => [item.name, item.value]),
    );
    for (const name of ['host', 'content-length']) delete headers[name];
    await fetch(box.url, { method: 'POST', headers, body: `${got.body} ` });
    await fetch(box.url, { method: 'POST', headers, body: got.body });
    const signed = (await arrived(alone, box)).map((item: { signed: boolean }) => item.signed);
    expect(signed).toEqual([true, false, true]);
  });

  test('never shows custom headers of a webhook that sends to it, however its URL is written', async () => {
    const alone = await newUser();
    const box = await inbox(alone);
    const secrets = { Authorization: 'Bearer s3cret-token', 'x-api-KEY': 's3cret-key', 'X-Empty': '' };
    const body = { name: 'hook', url: 'https://example.com/', events: ['contact.created'], headers: secrets };
    const made = (await s.ask('POST', '/api/v1/webhooks', { as: alone, body })).json;
    const names = Object.keys(secrets);
    const escaped = `%${box.url.at(-1)!.charCodeAt(0).toString(16)}`;
    for (const [at, url] of [
      box.url,
      `${box.url}?a=1`,
      box.url.replace('http:', 'HTTP:'),
      box.url.replace('127.0.0.1', '127.1'),
      box.url.replace('127.0.0.1', '0x7F.0.0.1'),
      box.url.replace('/inbox/', '/./inbox/'),
      box.url.replace('/inbox/', '/other/%2e%2e/inbox/'),
      box.url.replace('/inbox/', '/%69nbo%78/'),
      `${box.url.slice(0, -1)}${escaped}?a=1`,
    ].entries()) {
      const turned = await s.ask('PATCH', `/api/v1/webhooks/${made.id}`, { as: alone, body: { url } });
      expect(turned.status, turned.text).toBe(200);
      await s.ask('POST', `/api/v1/webhooks/${made.id}/test`, { as: alone });
      await expect.poll(() => arrived(alone, box), { timeout: 10_000 }).toHaveLength(at + 1);
      const [got] = await arrived(alone, box);
      const shown = got.headers.filter(({ name }: { name: string }) => names.includes(name));
      expect(shown).toEqual(names.map((name) => ({ name, value: '********' })));
      expect(JSON.stringify(got)).not.toContain('s3cret');
      expect(got.signed).toBe(true);
    }
    // Over the network, as a proxy that a webhook sends to forwards it.
    await fetch(box.url, {
      method: 'POST',
      headers: { AUTHORIZATION: secrets.Authorization, 'x-api-key': secrets['x-api-KEY'], 'x-empty': 'full' },
    });
    const [passed] = await arrived(alone, box);
    expect(JSON.stringify(passed)).not.toContain('s3cret');
    expect(passed.headers).toContainEqual({ name: 'x-empty', value: 'full' });
    // Headers of other senders are shown.
    await fetch(box.url, { method: 'POST', headers: { 'x-api-key': 'of another' } });
    expect((await arrived(alone, box))[0].headers).toContainEqual({ name: 'x-api-key', value: 'of another' });
  });

  test('a status of 500 is a failed attempt, which is retried; a deleted inbox answers 404', async () => {
    const alone = await newUser();
    const box = await inbox(alone, { status: 500 });
    const { id } = await hook(alone, box, { retry: { max: 5, intervals_s: [1] } });
    await s.ask('POST', '/api/v1/contacts', { as: alone, body: { first_name: 'Jane' } });
    await expect.poll(() => arrived(alone, box), { timeout: 10_000 }).toHaveLength(2);
    await s.ask('DELETE', `${INBOXES}/${box.id}`, { as: alone });
    const attempts = async () => {
      const [delivery] = (await s.ask('GET', `/api/v1/webhooks/${id}/deliveries`, { as: alone })).json.data;
      const { attempt_log: log } = (await s.ask('GET', `/api/v1/deliveries/${delivery.id}`, { as: alone }))
        .json;
      return log.map((item: { status: number }) => item.status);
    };
    await expect.poll(attempts, { timeout: 10_000 }).toEqual(expect.arrayContaining([500, 404]));
  });

  test('only to its exact URL: all other URLs of the installation are rejected, when saved and when sent', async () => {
    const alone = await newUser();
    const { url } = await inbox(alone);
    const theirs = await inbox(s.charlie);
    const { host, port } = new URL(s.url);
    const token = url.split('/').at(-1)!;
    const wrong = [
      `${s.url}/inbox/`,
      `${s.url}/inbox/${'A'.repeat(75)}`,
      `${url}/../../api/v1/contacts`,
      `${url}%2f..%2f..%2fapi`,
      `${s.url}/inbox/../api/v1/events`,
      `${s.url}/api/v1/events?x=/inbox/${token}`,
      `http://${host}@evil.example/inbox/${token}`,
      `http://localhost:${port}/inbox/${token}`,
      `http://evil.example:${port}/inbox/${token}`,
      `${url}#x`,
      theirs.url,
    ];
    for (const item of wrong) {
      const body = { name: 'hook', url: item, events: ['contact.created'] };
      const reply = await s.ask('POST', '/api/v1/webhooks', { as: alone, body });
      expect(reply.status, item).toBe(400);
      expect(reply.json.error.fields[0].field).toBe('url');
    }
    // A URL that is stored anyway is never connected to.
    const made = await hook(alone, { url } as Shown);
    for (const entry of [wrong[2]!, wrong[5]!, wrong[7]!]) {
      await s.db.pool.query('update endpoint set url = $2 where workspace_id = $1', [
        alone.workspaceId,
        entry,
      ]);
      await s.ask('PATCH', `/api/v1/webhooks/${made.id}`, { as: alone, body: { name: 'again' } });
      const tested = await s.ask('POST', `/api/v1/webhooks/${made.id}/test`, { as: alone });
      const outcome = async () =>
        (await s.ask('GET', `/api/v1/deliveries/${tested.json.delivery_id}`, { as: alone })).json
          ?.attempt_log?.[0]?.failure;
      await expect.poll(outcome, { timeout: 10_000 }).toBe('blocked_address');
    }
    expect(
      (await s.ask('PATCH', `/api/v1/webhooks/${made.id}`, { as: alone, body: { url: `${url}?a=1` } }))
        .status,
    ).toBe(200);
  });
});
