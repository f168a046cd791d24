import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GIF, jpegHead, pngImage, WEBP } from '../kit/image.ts';
import { makeMember } from '../kit/member.ts';
import { secondServer, startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

const LOGO = '/api/v1/workspace/logo';
const PNG = pngImage(64, 32);

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s?.stop());
beforeEach(async () => {
  await s.ask('DELETE', LOGO);
  await s.db.pool.query('delete from audit');
});

const put = (raw: Uint8Array, input: Ask = {}) =>
  s.ask('PUT', LOGO, { raw, headers: { 'content-type': 'image/png' }, ...input });

/** The response with its bytes. */
async function download(url: string, key?: string): Promise<Response & { content: Buffer }> {
  const response = await fetch(url.startsWith('http') ? url : s.url + url, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  return Object.assign(response, { content: Buffer.from(await response.arrayBuffer()) });
}

const logoOf = async (as = s.alice): Promise<{ file_id: string; url: string } | null> =>
  (await s.ask('GET', '/api/v1/me', { as })).json.workspace.logo;
const actions = async () =>
  ((await s.ask('GET', '/api/v1/audit')).json.data as { action: string; details: object }[]).map(
    ({ action, details }) => ({ action, details }),
  );
const filesOf = async (workspaceId: string) =>
  (await s.db.pool.query('select id, size from file where workspace_id = $1', [workspaceId])).rows;

function expectAttachment({ headers }: Response, type: string): void {
  expect(headers.get('content-type')).toBe(type);
  expect(headers.get('content-disposition')).toMatch(/^attachment; /);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
}

/** A multipart body, as a browser or curl -F sends it. */
function form(parts: readonly { name: string; file?: string; value: Uint8Array | string }[]): Ask {
  const lines = parts.flatMap(({ name, file, value }) => [
    Buffer.from(
      `--XX\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n\r\n`,
    ),
    Buffer.from(value as Uint8Array),
    Buffer.from('\r\n'),
  ]);
  return {
    raw: Buffer.concat([...lines, Buffer.from('--XX--\r\n')]),
    headers: { 'content-type': 'multipart/form-data; boundary=XX' },
  };
}

describe('a logo', () => {
  test('is set by a PUT of its bytes, and downloaded by its URL, by a key, and by a session', async () => {
    const { status, json } = await put(PNG);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      purpose: 'workspace_logo',
      name: 'logo.png',
      content_type: 'image/png',
      size: PNG.length,
      sha256: createHash('sha256').update(PNG).digest('hex'),
    });
    expect(await logoOf()).toMatchObject({ file_id: json.id });

    for (const url of [json.url, (await logoOf())!.url]) {
      const signed = await download(url);
      expect(signed.status).toBe(200);
      expect(signed.content.equals(PNG)).toBe(true);
      expectAttachment(signed, 'image/png');
      expect(signed.headers.get('cache-control')).toBe('private, max-age=3600');
    }
    const member = await makeMember(s, 'member');
    const byKey = await download(`/api/v1/files/${json.id}/content`, s.bob.key);
    expect(byKey.content.equals(PNG)).toBe(true);
    expectAttachment(byKey, 'image/png');
    expect(byKey.headers.get('cache-control')).toBe('no-store');
    expect((await member.ask('GET', `/api/v1/files/${json.id}/content`)).status).toBe(200);
    expect((await member.ask('GET', `/api/v1/files/${json.id}`)).json).toMatchObject({ id: json.id });
  });

  test.each([
    ['the bytes without a Content-Type', { raw: PNG }, ''],
    [
      'the bytes with the Content-Type of a form, as curl --data-binary sends it',
      { raw: PNG },
      'application/x-www-form-urlencoded',
    ],
    ['the bytes with a wrong Content-Type', { raw: PNG }, 'image/svg+xml'],
    [
      'a form with one file',
      form([
        { name: 'purpose', value: 'logo' },
        { name: 'file', file: 'a.png', value: PNG },
      ]),
      null,
    ],
  ] as [string, Ask, string | null][])('is taken as %s', async (_how, input, type) => {
    const response = await fetch(s.url + LOGO, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${s.alice.key}`,
        ...(type === null ? input.headers : type === '' ? {} : { 'content-type': type }),
      },
      body: input.raw as Uint8Array<ArrayBuffer>,
    });
    expect(response.status, await response.clone().text()).toBe(200);
    expect(await response.json()).toMatchObject({ content_type: 'image/png', size: PNG.length });
  });

  test.each([
    ['JPEG', jpegHead(20, 20), 'image/jpeg', 'logo.jpeg'],
    ['GIF', GIF, 'image/gif', 'logo.gif'],
    ['WebP', WEBP, 'image/webp', 'logo.webp'],
  ])('may be a %s', async (_kind, bytes, type, name) => {
    expect((await put(bytes)).json).toMatchObject({ content_type: type, name });
  });

  test('that is replaced is deleted, also on the disk; its URL leads nowhere', async () => {
    const first = (await put(PNG)).json;
    const second = (await put(GIF)).json;
    expect(await filesOf(s.alice.workspaceId)).toEqual([{ id: second.id, size: GIF.length }]);
    expect((await download(first.url)).status).toBe(404);
    expect((await s.ask('GET', `/api/v1/files/${first.id}`)).status).toBe(404);
    expect(await readdir(path.join(s.dataDir, 'files', s.alice.workspaceId))).toEqual([second.id]);
    expect(await actions()).toMatchObject([
      { action: 'workspace.logo_set', details: { file_id: second.id, content_type: 'image/gif' } },
      {
        action: 'workspace.logo_set',
        details: { file_id: first.id, width: 64, height: 32, size: PNG.length },
      },
    ]);
  });

  test('is deleted once, with an audit entry', async () => {
    const { id } = (await put(PNG)).json;
    expect((await s.ask('DELETE', LOGO)).status).toBe(204);
    expect((await s.ask('DELETE', LOGO)).json.error.code).toBe('not_found');
    expect(await logoOf()).toBeNull();
    expect(await readdir(path.join(s.dataDir, 'files', s.alice.workspaceId))).toEqual([]);
    expect((await actions())[0]).toEqual({ action: 'workspace.logo_deleted', details: { file_id: id } });
  });

  test('set by several at once is one of them, and nothing is left of the others', async () => {
    const replies = await Promise.all(Array.from({ length: 6 }, () => put(PNG)));
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const stored = await filesOf(s.alice.workspaceId);
    expect(stored).toHaveLength(1);
    expect(await logoOf()).toMatchObject({ file_id: stored[0].id });
    expect(await readdir(path.join(s.dataDir, 'files', s.alice.workspaceId))).toEqual([stored[0].id]);
  });

  test('whose bytes are missing on the disk is an error that says so', async () => {
    const { id, url } = (await put(PNG)).json;
    await rm(path.join(s.dataDir, 'files', s.alice.workspaceId, id));
    for (const reply of [
      await s.ask('GET', url, { as: null }),
      await s.ask('GET', `/api/v1/files/${id}/content`),
    ]) {
      expect(reply.status).toBe(500);
      expect(reply.json.error.message).toContain('is missing on the server. Restore it from a backup');
    }
  });
});

/** The request changed nothing. */
async function expectRefusal(reply: Reply, code: string, message: RegExp): Promise<void> {
  expect(reply.json.error.code).toBe(code);
  expect(reply.json.error.message).toMatch(message);
  expect(await actions()).toEqual([]);
}

describe('refused as a logo is', () => {
  test.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'],
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['JSON', '{"logo":"none"}'],
  ])('%s, whatever its Content-Type', async (_kind, text) => {
    for (const type of ['image/png', 'image/svg+xml', 'application/json'])
      await expectRefusal(
        await put(Buffer.from(text), { headers: { 'content-type': type } }),
        'validation_error',
        /must be a PNG, JPEG, WebP or GIF image/,
      );
    expect(await logoOf()).toBeNull();
  });

  test('an image of more than 4,096 pixels a side', async () => {
    await expectRefusal(
      await put(pngImage(4097, 1)),
      'validation_error',
      /is 4097 × 1 pixels; at most 4096 × 4096/,
    );
    await expectRefusal(await put(jpegHead(1, 4097)), 'validation_error', /is 1 × 4097 pixels/);
    expect((await put(jpegHead(4096, 4096))).status).toBe(200);
  });

  test('an image of more than 1 MB, by its bytes or in a form', async () => {
    const padded = (length: number) => Buffer.concat([PNG, Buffer.alloc(length - PNG.length)]);
    const limit = 1024 * 1024;
    await expectRefusal(await put(padded(limit + 1)), 'payload_too_large', /at most 1 MB/);
    await expectRefusal(
      await put(padded(limit + 100_000)),
      'payload_too_large',
      /larger than this path accepts/,
    );
    const inForm = (length: number) =>
      s.ask('PUT', LOGO, form([{ name: 'file', file: 'a.png', value: padded(length) }]));
    await expectRefusal(await inForm(limit + 1), 'payload_too_large', /at most 1 MB/);
    expect((await inForm(limit)).status).toBe(200);
  });

  test('a request without a body, or a form with no file or two', async () => {
    await expectRefusal(await s.ask('PUT', LOGO), 'validation_error', /is required/);
    await expectRefusal(
      await s.ask('PUT', LOGO, form([{ name: 'file', value: 'x' }])),
      'validation_error',
      /is required/,
    );
    const file = { name: 'file', file: 'a.png', value: PNG };
    await expectRefusal(await s.ask('PUT', LOGO, form([file, file])), 'validation_error', /is a second file/);
    expect(await logoOf()).toBeNull();
  });

  test('a file on a path that takes JSON', async () => {
    const reply = await s.ask('POST', '/api/v1/contacts', {
      raw: PNG,
      headers: { 'content-type': 'image/png' },
    });
    expect(reply.status).toBe(415);
  });
});

describe('rights', () => {
  test.each([
    ['owner', 200],
    ['admin', 200],
    ['manager', 403],
    ['member', 403],
  ] as const)('a user with the role %s gets %i', async (role, status) => {
    const user = await makeMember(s, role);
    const set = await user.ask('PUT', LOGO, { raw: PNG, headers: { 'content-type': 'image/png' } });
    expect(set.status).toBe(status);
    if (status !== 200) await put(PNG);
    expect((await user.ask('DELETE', LOGO)).status).toBe(status === 200 ? 204 : 403);
  });

  test('a key needs the scope workspace:manage; no key is refused; another site is refused', async () => {
    const manager = await s.person(['workspace:manage']);
    const other = await s.person(['contacts:read', 'webhooks:manage']);
    expect((await put(PNG, { as: manager })).status).toBe(200);
    for (const method of ['PUT', 'DELETE']) {
      expect((await s.ask(method, LOGO, { as: other })).status).toBe(403);
      expect((await s.ask(method, LOGO, { as: null })).status).toBe(401);
    }
    const owner = await makeMember(s, 'owner');
    const foreign = await owner.ask('PUT', LOGO, { raw: PNG, headers: { origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
  });

  test('another workspace neither sees nor changes it', async () => {
    const { id } = (await put(PNG)).json;
    for (const file of [`/api/v1/files/${id}`, `/api/v1/files/${id}/content`])
      expect((await s.ask('GET', file, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('DELETE', LOGO, { as: s.charlie })).status).toBe(404);
    expect(await logoOf(s.charlie)).toBeNull();
    expect(await logoOf()).toMatchObject({ file_id: id });
    expect((await s.ask('GET', `/api/v1/files/${id}/content`, { as: null })).status).toBe(401);
  });

  test('a file whose purpose this version does not know is not shown', async () => {
    const { id } = (await put(PNG)).json;
    await s.db.pool.query(`update file set purpose = 'attachment' where id = $1`, [id]);
    expect((await s.ask('GET', `/api/v1/files/${id}/content`)).status).toBe(404);
  });

  test('a forged or shortened URL leads nowhere', async () => {
    const { url } = (await put(PNG)).json as { url: string };
    for (const wrong of [url.slice(0, -1), `${url.slice(0, -2)}AA`, `${s.url}/files/x`, `${s.url}/files/`])
      expect((await s.ask('GET', wrong, { as: null })).status).toBe(404);
  });
});

test('a stored file that is no image is an attachment of no type', async () => {
  const { id } = (await put(PNG)).json;
  await s.db.pool.query(`update file set content_type = 'text/html', name = 'a"é.html' where id = $1`, [id]);
  const page = await download(`/api/v1/files/${id}/content`, s.alice.key);
  expectAttachment(page, 'application/octet-stream');
  expect(page.headers.get('content-disposition')).toBe(
    `attachment; filename="a__.html"; filename*=UTF-8''a%22%C3%A9.html`,
  );
});

test('the session has the paths of the logos of all workspaces of the user', async () => {
  await put(PNG);
  const user = await makeMember(s, 'member');
  const { json } = await user.ask('GET', '/api/v1/session');
  expect(json.workspaces).toMatchObject([{ logo_url: json.workspace.logo_url }]);
  expect((await download(json.workspace.logo_url)).content.equals(PNG)).toBe(true);
});

describe('the page of a form', () => {
  const body = {
    name: 'Contact us',
    fields: [{ key: 'email', label: 'Email', type: 'email', maps_to: 'email' }],
  };

  test('shows the logo, also in the preview; not in a frame, nor once it is deleted', async () => {
    const { id } = (await s.ask('POST', '/api/v1/forms', { body })).json;
    await put(PNG);
    const pageOf = async (query = '') =>
      (await s.ask('GET', `/f/${id}${query}`, { as: null, headers: { accept: 'text/html' } })).text;
    const source = /<img class="logo" src="(\/files\/[\w-]+)" alt="Acme" \/>/;
    const shown = source.exec(await pageOf());
    expect((await download(shown![1]!)).content.equals(PNG)).toBe(true);
    expect((await s.ask('POST', '/api/v1/forms/preview', { body })).json.html).toMatch(source);
    expect(await pageOf('?embed=1')).not.toContain('<img');
    await s.ask('DELETE', LOGO);
    expect(await pageOf()).not.toContain('<img');
  });
});

test('a full workspace takes no more', async () => {
  await s.db.pool.query(
    `insert into file_usage (workspace_id, bytes) values ($1, 1024 * 1024 * 1024)
     on conflict (workspace_id) do update set bytes = excluded.bytes`,
    [s.charlie.workspaceId],
  );
  const { status, json } = await put(PNG, { as: s.charlie });
  expect([status, json.error.code]).toEqual([403, 'limit_reached']);
  expect(json.error.message).toContain('1024 MB');
});

test('with DATABASE_URL, a second process reads what the first one stored, and nothing is on the disk', async () => {
  const settings = { DATABASE_URL: 'postgres://127.0.0.1/unused', FAIRLEAD_SECRET_KEY: '7'.repeat(64) };
  const first = await startScenario(settings);
  const second = await secondServer(first, settings);
  try {
    const { json } = await first.ask('PUT', LOGO, { raw: PNG });
    const { pathname } = new URL(json.url);
    expect((await download(second.url + pathname)).content.equals(PNG)).toBe(true);
    await expect(readdir(first.dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    await second.stop();
    await first.stop();
  }
});
