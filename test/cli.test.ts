import { readdir, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StartError } from '../src/base/errors.ts';
import { runCommand } from '../src/cli/command.ts';
import { urlOf } from './kit/database.ts';
import { tokenOf } from './kit/member.ts';
import {
  makeInstallation,
  PROJECT,
  startProgram,
  temporaryDirectory,
  until,
  untilReady,
  type Installation,
  type Server,
} from './kit/process.ts';
import { startReceiver, type Receiver } from './kit/receiver.ts';
import { startScenario, type Scenario } from './kit/scenario.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOWHERE = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';

/** Cleanups of a test, run in reverse order. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

describe.each([
  { where: 'with a running server', running: true },
  { where: 'without a server', running: false },
])('commands $where', ({ running }) => {
  let product: Installation;
  let server: Server | undefined;
  let defaultWorkspace: string;
  beforeAll(async () => {
    product = await makeInstallation();
    server = await product.start();
    defaultWorkspace = (await server.ask('GET', '/api/v1/me')).json.workspace.id;
    if (!running) await stop();
  });
  afterAll(() => product.remove());

  async function stop(): Promise<void> {
    expect((await server!.stop()).code).toBe(0);
    server = undefined;
  }

  /** Runs a command that must succeed; returns its standard output without the final line break. */
  async function fairlead(...args: string[]): Promise<string> {
    const end = await product.run(args);
    expect(end, end.stderr).toMatchObject({ code: 0 });
    expect((await product.postgres()) !== null).toBe(running);
    return end.stdout.replace(/\n$/, '');
  }

  /** Keys, and the expected responses of the API: checked by the last test, with one server. */
  const expected: { key: string; answer: object }[] = [];
  const expectKey = (key: string, answer: object) => void expected.push({ key, answer });

  test('workspace create prints only the id; workspace list shows it next to the default one', async () => {
    const id = await fairlead('workspace', 'create', '--name', 'Acme', '--plan', 'unlimited');
    expect(id).toMatch(UUID);
    expect((await fairlead('workspace', 'list')).split('\n')).toEqual([
      `${defaultWorkspace}\tdefault\tunlimited\tdefault`,
      `${id}\tAcme\tunlimited`,
    ]);
  });

  /** Links, and the expected responses of the API: checked by the last test too. */
  const links: { link: string; answer: object }[] = [];

  test('user create and user reset print only a link to set a password', async () => {
    const id = await fairlead('workspace', 'create', '--name', 'Peopled');
    const created = await fairlead(
      'user',
      'create',
      '--email',
      'dora@acme.example',
      '--name',
      'Dora',
      '--workspace',
      id,
      '--role',
      'admin',
    );
    expect(created).toMatch(/^http:\/\/\S+\/reset-password#token=[\w-]{43}$/);
    const reset = await fairlead('user', 'reset', '--email', 'DORA@acme.example');
    links.push({ link: created, answer: { status: 404 } });
    links.push({ link: reset, answer: { status: 201, json: { role: 'admin', workspace: { id } } } });
  });

  test.each([
    [['user', 'create', '--name', 'X'], '--email', 2],
    [['user', 'create', '--email', 'x@acme.example'], '--name', 2],
    [['user', 'create', '--email', 'x@acme.example', '--name', 'X', '--role', 'emperor'], '--role', 2],
    [['user', 'reset', '--email', 'nobody@acme.example'], 'nobody@acme.example', 3],
  ])('%j is refused in one line', async (args, named, code) => {
    const end = await product.run(args);
    expect(end.code).toBe(code);
    expect(end.stderr).toMatch(/^fairlead: .+\n$/);
    expect(end.stderr).toContain(named);
  });

  test('workspace plan changes the plan of a workspace; an unknown plan or workspace is refused', async () => {
    const id = await fairlead('workspace', 'create', '--name', 'Growing', '--plan', 'standard');
    expect(await fairlead('workspace', 'plan', id, 'paid')).toBe('paid');
    expect(await fairlead('workspace', 'list')).toContain(`${id}\tGrowing\tpaid`);
    const key = await fairlead('key', 'create', '--workspace', id, '--name', 'k');
    expectKey(key, { status: 200, json: { workspace: { plan: 'paid' } } });
    for (const [args, said, code] of [
      [[id, 'gold'], 'gold is not a plan', 2],
      [[id], 'workspace plan <id> <plan>', 2],
      [['00000000-0000-7000-8000-000000000000', 'paid'], 'No workspace', 3],
    ] as const) {
      const end = await product.run(['workspace', 'plan', ...args]);
      expect(end.code).toBe(code);
      expect(end.stderr).toContain(said);
    }
  });

  test('key create prints only the raw key on standard output, its id on standard error', async () => {
    const end = await product.run(['key', 'create', '--name', 'Alice']);
    expect(end.stdout).toMatch(/^fl_live_[A-Za-z0-9]{32}\n$/);
    expect(end.stderr).toMatch(/^key [0-9a-f-]{36}\n$/);
    expectKey(end.stdout.trim(), {
      status: 200,
      json: { workspace: { id: defaultWorkspace }, scopes: ['*'] },
    });
  });

  test('key create creates keys of every style, scope, workspace and expiry', async () => {
    const acme = await fairlead('workspace', 'create', '--name', 'Acme');
    const axo = await fairlead('key', 'create', '--style', 'axocrm', '--name', 'a', '--workspace', acme);
    expect(axo).toMatch(/^axo_live_[A-Za-z0-9]{32}$/);
    expectKey(axo, { status: 200, json: { workspace: { id: acme }, scopes: ['*'] } });
    const remix = await fairlead('key', 'create', '--style', 'remixcrm', '--name', 'r', '--scopes', '*');
    expect(remix).toMatch(/^rmx_[A-Za-z0-9]{32}$/);
    expectKey(remix, { status: 200, json: { scopes: ['leads:create'] } });
    const bob = await fairlead(
      'key',
      'create',
      '--name',
      'Bob',
      '--scopes',
      'contacts:read, webhooks:manage',
    );
    expectKey(bob, { status: 200, json: { scopes: ['contacts:read', 'webhooks:manage'] } });
    const late = await fairlead('key', 'create', '--name', 'late', '--expires', '2099-01-31');
    expectKey(late, { status: 200 });
  });

  test('key revoke revokes the named key, and no other', async () => {
    const { stdout, stderr } = await product.run(['key', 'create', '--name', 'gone']);
    const id = stderr.trim().split(' ')[1]!;
    expect(await fairlead('key', 'revoke', id)).toBe(`revoked ${id}`);
    expectKey(stdout.trim(), { status: 401, json: { error: { code: 'unauthorized' } } });
  });

  test('migrate and doctor find no problem', async () => {
    expect(await fairlead('migrate')).toBe('The database is up to date.');
    const findings = (await fairlead('doctor')).split('\n');
    expect(findings).toHaveLength(5);
    for (const finding of findings) expect(finding).toMatch(/^ok {3}\S/);
  });

  test('the server accepts the keys as created', async () => {
    server ??= await product.start();
    expect(expected).toHaveLength(7);
    for (const { key, answer } of expected) {
      expect(await server.ask('GET', '/api/v1/me', { as: key })).toMatchObject(answer);
    }
  });

  test('and the links: a later one replaces an earlier one', async () => {
    server ??= await product.start();
    expect(links).toHaveLength(2);
    for (const { link, answer } of links) {
      const body = { token: tokenOf(link), password: 'correct horse battery' };
      const reply = await server.ask('POST', '/api/v1/password-resets/confirm', { as: null, body });
      expect(reply).toMatchObject(answer);
    }
  });
});

describe('a command with an error is refused', () => {
  let s: Scenario;
  beforeAll(async () => {
    s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  });
  afterAll(() => s.stop());

  const refusals: [name: string, args: string[], named: string][] = [
    ['workspace create', ['workspace', 'create'], '--name'],
    ['workspace create --plan', ['workspace', 'create', '--name', 'x', '--plan', 'gold'], 'gold'],
    ['key create', ['key', 'create'], '--name'],
    ['key create --style', ['key', 'create', '--name', 'x', '--style', 'stripe'], '--style'],
    ['key create --scopes', ['key', 'create', '--name', 'x', '--scopes', 'contacts:eat'], 'contacts:eat'],
    ['key create --scopes ,', ['key', 'create', '--name', 'x', '--scopes', ','], '--scopes'],
    ['key create --expires', ['key', 'create', '--name', 'x', '--expires', 'soon'], '--expires'],
    ['key create --expires', ['key', 'create', '--name', 'x', '--expires', '2001-01-01'], '--expires'],
    ['key create --workspace', ['key', 'create', '--name', 'x', '--workspace', NOWHERE], NOWHERE],
    ['key create --colour', ['key', 'create', '--name', 'x', '--colour', 'red'], '--colour'],
    ['key revoke', ['key', 'revoke'], 'by its id'],
    ['key revoke', ['key', 'revoke', NOWHERE], NOWHERE],
  ];
  test.for(refusals)('%s: in one line that names it', async ([, args, named]) => {
    const env = { DATABASE_URL: urlOf(s.connection), FAIRLEAD_SECRET_KEY: '5'.repeat(64) };
    const message = await runCommand(args, env).then(String, (error: unknown) => {
      if (error instanceof StartError) return error.message;
      throw error;
    });
    expect(message).toContain(named);
    expect(message).not.toContain('\n');
  });
});

test('a key expires as requested', async () => {
  const product = await makeInstallation();
  cleanups.push(() => product.remove());
  const server = await product.start();
  const expires = new Date(Date.now() + 4_000);
  const { stdout } = await product.run(['key', 'create', '--name', 'x', '--expires', expires.toISOString()]);
  const ask = () => server.ask('GET', '/api/v1/me', { as: stdout.trim() });
  await until(async () => (await ask()).status === 401);
  expect(Date.now()).toBeGreaterThanOrEqual(expires.getTime());
  expect((await ask()).json.error.code).toBe('api_key_expired');
});

describe('deliver', () => {
  let product: Installation;
  let api: Server;
  let receiver: Receiver;
  beforeEach(async () => {
    product = await makeInstallation({ FAIRLEAD_SERVICES: 'api' });
    receiver = await startReceiver();
    cleanups.push(
      () => receiver.close(),
      () => product.remove(),
    );
    api = await product.start();
    await post('/api/v1/webhooks', { name: 'a webhook', url: receiver.url, events: ['*'] });
  });

  async function post(path: string, body: object): Promise<void> {
    const { status, text } = await api.ask('POST', path, { body });
    expect(status, text).toBe(201);
  }
  const addContact = (name: string) => post('/api/v1/contacts', { first_name: name });
  const arrived = () =>
    receiver.received.map(({ rawBody }) => JSON.parse(rawBody.toString()).data.first_name);
  const rendered = (webhooks: number) => ({
    code: 0,
    stdout: `webhooks with something due: ${webhooks}\n`,
    stderr: '',
  });

  test('sends due deliveries and ends, while a server runs without a worker', async () => {
    for (const name of ['Ann', 'Joe', 'Jane']) await addContact(name);
    expect(arrived()).toEqual([]);
    expect(await product.run(['deliver'])).toMatchObject(rendered(1));
    expect(arrived()).toHaveLength(3);
    expect(new Set(arrived())).toEqual(new Set(['Ann', 'Jane', 'Joe']));
    expect(await product.run(['deliver'])).toMatchObject(rendered(0));
    expect(arrived()).toHaveLength(3);
  });

  test('sends due deliveries without a server, and stops PostgreSQL when it ends', async () => {
    await addContact('Bob');
    await api.stop();
    expect(await product.run(['deliver'])).toMatchObject(rendered(1));
    expect(arrived()).toEqual(['Bob']);
    expect(await product.postgres()).toBe(null);
  });

  test('if interrupted, it stops PostgreSQL too', async () => {
    await addContact('Eve');
    await api.stop();
    receiver.answer(() => ({ hang: true }));
    const cut = product.launch(['deliver']);
    await receiver.waitFor(1, 30_000);
    expect(await product.postgres()).toBeGreaterThan(0);
    cut.kill('SIGTERM');
    expect((await cut.exited).code).toBe(143);
    await until(async () => (await product.postgres()) === null);
  });
});

describe('words that are not a command', () => {
  const words = [['deliverr'], ['workspace'], ['workspace', 'destroy'], ['key', 'list'], ['--colour', 'red']];
  test.concurrent.for(words)(
    '%j: exit code 2, the usage, and no store is created',
    async (args, { onTestFinished }) => {
      const product = await makeInstallation();
      onTestFinished(() => product.remove());
      const { code, stdout, stderr } = await product.run(args);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^fairlead: .* is not a command\.\nfairlead /);
      for (const command of [
        'workspace create',
        'key create',
        'key revoke',
        'deliver',
        'migrate',
        'doctor',
      ]) {
        expect(stderr).toContain(`\nfairlead ${command}`);
      }
      expect(code).toBe(2);
      await expect(readdir(product.dataDir)).rejects.toThrow('ENOENT');
    },
  );

  test('help prints the usage on standard output', async () => {
    const product = await makeInstallation();
    cleanups.push(() => product.remove());
    const [help, flag] = await Promise.all([product.run(['help']), product.run(['--help'])]);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('fairlead deliver');
    expect(flag).toEqual(help);
  });
});

describe('npx fairlead, in a clone', () => {
  let home: string;
  beforeAll(async () => {
    home = await temporaryDirectory('npx');
  });
  afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

  test('runs the clone’s own program, without an npm cache or a registry', async () => {
    const { code, stdout, stderr } = await npx(['help']).exited;
    expect(stdout, stderr).toContain('fairlead deliver');
    expect(code).toBe(0);
  });

  test('serves; SIGTERM to npx, which its shell does not forward, stops the server too', async () => {
    const product = await makeInstallation();
    cleanups.push(() => product.remove());
    const program = npx([], { PORT: '0', FAIRLEAD_DATA_DIR: product.dataDir });
    const server = await untilReady(program);
    expect((await server.ask('GET', '/api/v1/me')).status).toBe(200);
    expect(await product.postgres()).toBeGreaterThan(0);
    process.kill(program.pid, 'SIGTERM');
    await until(async () => (await product.postgres()) === null);
    await until(() => program.stderr.includes('"stopped"'));
    await program.exited;
  });

  function npx(args: string[], env: Record<string, string> = {}) {
    const npm = { HOME: home, npm_config_cache: home, npm_config_registry: 'http://127.0.0.1:1' };
    const program = startProgram('npx', ['fairlead', ...args], {
      cwd: PROJECT,
      env: { ...npm, npm_config_yes: 'false', ...env },
      group: true,
    });
    cleanups.push(() => program.kill('SIGKILL'));
    return program;
  }
});
