import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, cp, mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { attachEmbedded, startEmbedded } from '../src/db/embedded/embedded.ts';
import { asUser, chooseRunAs, mayUse } from '../src/db/embedded/run-as.ts';
import { silent, urlOf } from './kit/database.ts';
import {
  MAIN,
  makeInstallation,
  PROJECT,
  startProgram,
  temporaryDirectory,
  until,
  untilReady,
  type End,
  type Installation,
  type Program,
  type Server,
} from './kit/process.ts';
import { startReceiver } from './kit/receiver.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const SECRET_KEY = randomBytes(32).toString('hex');

/** Cleanups of a test, run in reverse order. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

async function installation(settings?: Record<string, string>): Promise<Installation> {
  const made = await makeInstallation(settings, { isEmpty: true });
  cleanups.push(() => made.remove());
  return made;
}

/** A server whose output is a terminal, created by script(1). */
async function onTerminal(
  context: TestContext,
  env: Record<string, string>,
): Promise<{ product: Installation; program: Program }> {
  if (process.platform !== 'linux') context.skip('script(1) has other arguments here');
  await needs(context, 'script', '--version');
  const product = await installation();
  const command = `exec '${process.execPath}' '${MAIN}'`;
  const program = startProgram('script', ['-qec', command, '/dev/null'], {
    env: { PORT: '0', FAIRLEAD_DATA_DIR: product.dataDir, ...env },
    group: true,
  });
  cleanups.push(async () => {
    program.kill('SIGKILL');
    await program.exited;
  });
  return { product, program };
}

describe('the first start', () => {
  test('shows the setup link and a key, once, in a file for its owner only, with a working curl example; it prints no secret', async (context) => {
    const product = await installation();
    const server = await product.start();
    const file = path.join(product.dataDir, 'first-start.txt');
    expect(server.program.stdout.trimEnd().split('\n')).toEqual([
      `The setup link, the first API key, and an example with curl are in ${file}`,
      `Fairlead is ready at ${server.url}`,
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(server.key).toMatch(/^fl_live_[A-Za-z0-9]{32}$/);
    expect(server.program.stderr).not.toContain(server.key);

    await needs(context, 'curl', '--version');
    await needs(context, 'bash', '--version');
    const curl = /curl -X POST[^]*$/.exec(await readFile(file, 'utf8'))![0].trimEnd();
    const { stdout } = await run('bash', ['-c', `${curl} --silent --write-out '\\n%{http_code}'`]);
    const [body, status] = stdout.split('\n');
    expect(status).toBe('201');
    const { id } = JSON.parse(body!) as { id: string };
    expect((await server.ask('GET', `/api/v1/contacts/${id}`)).json.email).toBe('jane@example.com');

    const link = new RegExp(`${server.url}/setup#token=([\\w-]{43})$`, 'm').exec(
      await readFile(file, 'utf8'),
    )!;
    expect(server.program.stderr).not.toContain(link[1]);
    const owner = {
      token: link[1],
      name: 'Alice',
      email: 'alice@acme.example',
      password: 'correct horse battery',
    };
    const setUp = () => server.ask('POST', '/api/v1/setup', { as: null, body: owner });
    expect((await setUp()).json).toMatchObject({ role: 'owner', workspace: { name: 'default' } });
    expect((await setUp()).status).toBe(404);

    expect((await server.stop()).code).toBe(0);
    const again = await product.start();
    expect(again.program.stdout.trimEnd()).toBe(`Fairlead is ready at ${again.url}`);
    expect((await again.ask('GET', `/api/v1/contacts/${id}`, { as: server.key })).status).toBe(200);
    expect((await again.ask('GET', '/api/v1/contacts', { as: server.key })).json.data).toHaveLength(1);
  });

  test('on a terminal, shows the key there and writes no file', async (context) => {
    const { product, program } = await onTerminal(context, { FAIRLEAD_LOG_LEVEL: 'silent' });
    await program.says(/Fairlead is ready at http/);
    expect(program.stdout).toMatch(/Your API key, shown only once:\s+fl_live_[A-Za-z0-9]{32}\s/);
    await expect(stat(path.join(product.dataDir, 'first-start.txt'))).rejects.toThrow('ENOENT');
  });

  test('on a terminal, the log is readable text: the migrations in one line, the URL, and the next step', async (context) => {
    const { program } = await onTerminal(context, {});
    await program.says(/Ctrl-C stops it\./);
    const lines = program.stdout.split(/\r?\n/);
    expect(lines.filter((line) => line.startsWith('{'))).toEqual([]);
    expect(lines.filter((line) => /migrat|0001_/.test(line))).toEqual([]);
    expect(lines.filter((line) => line === 'Bringing the database up to date.')).toHaveLength(1);
    const end = lines.findIndex((line) => /^Fairlead is ready at http:\/\/127\.0\.0\.1:\d+$/.test(line));
    expect(lines[end + 1]).toBe("Open the link above to make the owner's account. Ctrl-C stops it.");
    expect(lines.slice(0, end).join('\n')).toContain('/setup#token=');
  });

  test('if ./data cannot be used, the ready lines name the data directory, and commands find it', async () => {
    const home = await temporaryDirectory('closed');
    const data = await temporaryDirectory('system');
    const closed = path.join(home, 'closed');
    const project = path.join(closed, 'project');
    await mkdir(project, { recursive: true });
    cleanups.push(async () => {
      await chmod(project, 0o700);
      await Promise.all([home, data].map((dir) => rm(dir, { recursive: true, force: true, maxRetries: 5 })));
    });
    // As root, PostgreSQL's user cannot enter; any other user cannot write.
    await chmod(closed, 0o700);
    if (!isRoot) await chmod(project, 0o500);
    const env = { PORT: '0', XDG_DATA_HOME: data };
    const launch = (args: string[]) => startProgram(process.execPath, [MAIN, ...args], { cwd: project, env });

    const program = launch([]);
    cleanups.push(async () => {
      program.kill('SIGTERM');
      await program.exited;
    });
    const server = await untilReady(program);
    const place = /^The data is kept in (\/\S+), because \.\/data cannot be used: .+\.$/m.exec(
      program.stdout,
    )![1]!;
    cleanups.unshift(() => rm(place, { recursive: true, force: true, maxRetries: 5 }));
    cleanups.unshift(() => rm(`${place}.json`, { force: true }));
    expect(path.dirname(place)).toBe(isRoot ? '/var/lib/fairlead' : path.join(data, 'fairlead'));
    expect(JSON.parse(await readFile(`${place}.json`, 'utf8'))).toEqual({ checkout: project, data: place });
    const doctor = await launch(['doctor']).exited;
    expect(doctor).toMatchObject({ code: 0, stderr: '' });
    expect(doctor.stdout).toContain(`ok   the data is kept in ${place}\n`);
    expect((await server.stop()).code).toBe(0);

    await rm(place, { recursive: true });
    for (const args of [[], ['doctor'], ['workspace', 'list']]) {
      const end = await launch(args).exited;
      expect(end).toMatchObject({ code: 1, stdout: '' });
      expect(end.stderr).toMatch(/^fairlead: .+ which is missing: restore it, or remove .+\n$/);
    }
  });

  test('npm start checks for a data directory before the set-up', async () => {
    const clone = await temporaryDirectory('clone');
    cleanups.push(() => rm(clone, { recursive: true, force: true }));
    for (const part of ['scripts', 'src', 'package.json', 'package-lock.json']) {
      await cp(path.join(PROJECT, part), path.join(clone, part), { recursive: true });
    }
    const start = path.join(clone, 'scripts/start.mjs');
    const end = await startProgram(process.execPath, [start], {
      cwd: clone,
      env: { FAIRLEAD_DATA_DIR: '/proc/data' },
    }).exited;
    expectRefusal(end, '/proc/data');
    expect(await readdir(clone)).not.toContain('node_modules');
  });

  test('a read-only checkout that was built before starts, also for a user without a home; an outdated one says what to do', async (context) => {
    const clone = await temporaryDirectory('built');
    const data = await temporaryDirectory('system');
    cleanups.push(() =>
      Promise.all([clone, data].map((dir) => rm(dir, { recursive: true, force: true, maxRetries: 5 }))),
    );
    const user = await chooseRunAs(path.join(data, 'postgres'));
    if (user) {
      const seen = await mayUse(
        user,
        [process.execPath],
        [path.join(PROJECT, 'node_modules/pg/package.json')],
      );
      if (!seen) context.skip('another user cannot reach this node or this project');
      await chown(data, user.uid, user.gid);
    }
    for (const name of await readdir(PROJECT)) {
      if (/^(src|web|scripts|dist)$|\.(json|ts)$/.test(name))
        await cp(path.join(PROJECT, name), path.join(clone, name), { recursive: true });
    }
    await symlink(path.join(PROJECT, 'node_modules'), path.join(clone, 'node_modules'));
    await chmod(clone, 0o555);
    cleanups.push(() => chmod(clone, 0o755));
    const launch = () =>
      startProgram(process.execPath, [path.join(clone, 'scripts/start.mjs')], {
        ...asUser(user),
        cwd: clone,
        env: { PORT: '0', HOME: '/nonexistent', XDG_DATA_HOME: data },
      });
    const program = launch();
    cleanups.push(async () => {
      program.kill('SIGKILL');
      await program.exited;
    });
    await program.says(/^Fairlead is ready at /m);
    expect(program.stdout).toContain(`The data is kept in ${data}/fairlead/`);
    program.kill('SIGTERM');
    expect((await program.exited).code).toBe(0);

    await appendFile(path.join(clone, 'src/main.ts'), '// Changed.\n');
    expectRefusal(await launch().exited, `${clone} is not set up (compiling) and is not writable`);
  });

  test('a workspace that the command line created before does not replace the default one', async () => {
    const product = await installation();
    expect((await product.run(['workspace', 'create', '--name', 'Acme'])).code).toBe(0);
    const server = await product.start();
    expect((await server.ask('GET', '/api/v1/me')).json.workspace.name).toBe('default');
  });
});

describe('monitoring', () => {
  let product: Installation;
  let server: Server;
  beforeAll(async () => {
    product = await makeInstallation({ FAIRLEAD_METRICS_TOKEN: 'scrape-1234' });
    server = await product.start();
  });
  afterAll(() => product.remove());

  test('/healthz and /readyz answer 200', async () => {
    expect(await server.ask('GET', '/healthz', { as: null })).toMatchObject({
      status: 200,
      json: { status: 'ok' },
    });
    expect(await server.ask('GET', '/readyz', { as: null })).toMatchObject({
      status: 200,
      json: { status: 'ready' },
    });
  });

  test('/metrics has the text format of Prometheus', async () => {
    const { status, text, headers } = await server.ask('GET', '/metrics', { as: 'scrape-1234' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# TYPE fairlead_\w+ (counter|gauge|histogram)$/m);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) expect(line).toMatch(/^[a-zA-Z_:][\w:]*(\{.*\})? (-?[\d.e+-]+|\+Inf|NaN)$/);
  });

  test('with FAIRLEAD_METRICS_TOKEN, /metrics requires it and accepts nothing else', async () => {
    for (const as of [null, 'scrape-123', 'scrape-12345', server.key]) {
      const refused = await server.ask('GET', '/metrics', { as });
      expect(refused).toMatchObject({ status: 401, text: 'unauthorized\n' });
    }
  });

  test('/docs is served locally: its page names no other host, its script is from this origin', async () => {
    const { status, text, headers } = await server.ask('GET', '/docs', { as: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).not.toMatch(/\b(https?:)?\/\/[\w-]/);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:|\*/);
    const [, script] = /<script src="([^"]+)"/.exec(text)!;
    const loaded = await server.ask('GET', new URL(script!, `${server.url}/docs/`).pathname, { as: null });
    expect(loaded.status).toBe(200);
    expect(loaded.headers.get('content-type')).toContain('javascript');
    const [, document] = /"url": "([^"]+)"/.exec(text)!;
    const described = await server.ask('GET', document!, { as: null });
    expect(described.json).toMatchObject({ openapi: '3.1.0', info: { title: 'Fairlead API' } });
    expect(Object.keys(described.json.paths)).toContain('/api/v1/contacts');
  });

  test('without its database it stays up, reports it, answers 503, and recovers by itself', async () => {
    const dir = await temporaryDirectory('cluster');
    cleanups.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
    const cluster = () => startEmbedded({ dataDir: dir, log: silent, durable: false });
    let postgres = await cluster();
    cleanups.push(() => postgres.stop());
    const other = await installation({
      DATABASE_URL: urlOf(postgres.connection),
      FAIRLEAD_SECRET_KEY: SECRET_KEY,
    });
    const lone = await other.start();
    expect((await lone.ask('GET', '/readyz')).status).toBe(200);
    expect((await lone.ask('GET', '/metrics', { as: null })).status).toBe(200);
    await postgres.stop();

    expect(await lone.ask('GET', '/readyz')).toMatchObject({ status: 503, json: { missing: ['database'] } });
    expect((await lone.ask('GET', '/healthz')).status).toBe(200);
    const began = performance.now();
    const refused = await lone.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    expect(performance.now() - began).toBeLessThan(12_000);
    expect(refused).toMatchObject({ status: 503, json: { error: { code: 'unavailable' } } });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(lone.program.ended).toBe(false);

    postgres = await cluster();
    await until(async () => (await lone.ask('GET', '/readyz')).status === 200);
    expect((await lone.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } })).status).toBe(201);
    expect((await lone.stop()).code).toBe(0);
  });
});

describe('a start that cannot work is refused with exit code 1 and one line', () => {
  let product: Installation;
  beforeAll(async () => {
    product = await makeInstallation();
  });
  afterAll(() => product.remove());

  /** The value must not be repeated: it may be a secret, or contain one. */
  const HIDDEN = 'hunter2';
  const URL_OF = (rest: string) => `postgres://somebody:${HIDDEN}@${rest}`;
  const refusals: [string, Record<string, string>, string][] = [
    ['an unknown setting', { FAIRLEAD_FOO: HIDDEN }, 'FAIRLEAD_FOO'],
    ['an invalid port', { PORT: HIDDEN }, 'PORT'],
    ['an unknown service', { FAIRLEAD_SERVICES: `api,${HIDDEN}` }, 'FAIRLEAD_SERVICES'],
    ['DATABASE_URL without a secret key', { DATABASE_URL: URL_OF('db.test/crm') }, 'FAIRLEAD_SECRET_KEY'],
    [
      'an unreachable database',
      { DATABASE_URL: URL_OF('127.0.0.1:1/crm'), FAIRLEAD_SECRET_KEY: SECRET_KEY },
      'DATABASE_URL',
    ],
    [
      'an invalid DATABASE_URL',
      { DATABASE_URL: URL_OF('host:port/crm'), FAIRLEAD_SECRET_KEY: SECRET_KEY },
      'DATABASE_URL',
    ],
  ];
  test.concurrent.for(refusals)('%s', async ([, settings, named]) => {
    const end = await product.run([], settings);
    expectRefusal(end, named);
    expect(end.stderr).not.toContain(HIDDEN);
    expect(end.stderr).not.toContain(SECRET_KEY);
  });

  test('and leaves nothing behind', async () => {
    await expect(stat(product.dataDir)).rejects.toThrow('ENOENT');
  });

  test('a port in use: the database that was started for it is stopped again', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    cleanups.push(() => taken.close());
    await until(() => taken.listening);
    const { port } = taken.address() as net.AddressInfo;
    expectRefusal(await product.run([], { PORT: String(port) }), `127.0.0.1:${port}`);
    expect(await product.postgres()).toBe(null);
    expectRefusal(await product.run([], { PORT: String(port) }), 'PORT');
  });

  test('a secret key other than the one that sealed the store', async () => {
    expect((await product.run(['migrate'])).code).toBe(0);
    const end = await product.run([], { FAIRLEAD_SECRET_KEY: SECRET_KEY });
    expectRefusal(end, 'FAIRLEAD_SECRET_KEY');
    expect(end.stderr).not.toContain(SECRET_KEY);
    expect(await product.postgres()).toBe(null);
  });

  test('a data directory that another server has; that one continues', async () => {
    const server = await product.start();
    expectRefusal(await product.run([]), `(pid ${server.program.pid})`);
    expect((await server.ask('GET', '/readyz')).status).toBe(200);
  });
});

/** One line of the program; log entries at its level are JSON lines. */
function expectRefusal({ code, stdout, stderr }: End, named: string): void {
  expect(stdout).toBe('');
  const lines = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('{'));
  expect(lines).toEqual([expect.stringMatching(/^fairlead: \S.{20,}/)]);
  expect(lines[0]).toContain(named);
  expect(code).toBe(1);
}

test('no secret and no personal data reaches a log, at the level trace', async () => {
  const marker = `mark${randomBytes(6).toString('hex')}`;
  const product = await installation({ FAIRLEAD_LOG_LEVEL: 'trace', FAIRLEAD_METRICS_TOKEN: `${marker}-m` });
  const receiver = await startReceiver();
  cleanups.push(() => receiver.close());
  const server = await product.start();
  const { ask } = server;
  const secret = `whsec_${Buffer.from(`${marker}-and-more-to-fill-it-up`).toString('base64')}`;
  const personal = {
    first_name: marker,
    email: `${marker}@example.com`,
    phone: `+1555${marker}`,
    notes: marker,
    custom_fields: { [marker]: marker },
  };

  // A receiver that fails and repeats its input, one that is gone, one whose name does not exist.
  receiver.answer(({ rawBody }) => ({ status: 500, body: rawBody }));
  const gone = await startReceiver();
  await gone.close();
  for (const url of [receiver.url, gone.url, `https://${marker}.invalid`]) {
    const body = {
      name: marker,
      url: `${url}/hook?token=${marker}`,
      events: ['*'],
      headers: { 'X-Token': marker },
      secret,
      retry: { max: 1, intervals_s: [1] },
    };
    expect(await ask('POST', '/api/v1/webhooks', { body })).toMatchObject({ status: 201 });
  }
  const made = await ask('POST', '/api/v1/contacts', {
    body: personal,
    headers: { 'idempotency-key': marker, 'x-request-id': 'seen' },
  });
  expect(made.status).toBe(201);
  const item = `/api/v1/contacts/${made.json.id}`;
  await ask('PATCH', item, { body: { notes: `${marker} again` } });
  // Rejected requests of every kind.
  await ask('POST', '/api/v1/contacts', { body: { ...personal, email: `not an email ${marker}` } });
  await ask('POST', '/api/v1/contacts', { body: { [marker]: marker } });
  await ask('POST', '/api/v1/contacts', { raw: `{"first_name": "${marker}` });
  await ask('POST', '/api/v1/contacts', { body: { first_name: `${marker}\0` } });
  await ask('POST', '/api/v1/contacts', { body: { notes: marker.repeat(100_000) } });
  await ask('GET', `/api/v1/contacts?email=${marker}&cursor=${marker}`);
  await ask('GET', `/api/v1/${marker}`);
  await ask('GET', '/api/v1/me', { as: `fl_live_${marker}` });
  await ask('GET', '/api/v1/me', { as: `fl_live_${marker.padEnd(32, 'x')}` });
  await ask('GET', '/metrics', { as: `${marker}-m` });
  // Both attempts at each of the two that can be reached.
  await receiver.waitFor(4, 30_000);
  const key = (await product.run(['key', 'create', '--name', marker])).stdout.trim();
  expect((await ask('GET', '/api/v1/me', { as: key })).status).toBe(200);
  // The database disappears during requests that carry data.
  const admin = new Client((await attachEmbedded(product.dataDir))!);
  admin.on('error', () => {});
  await admin.connect();
  const under = Array.from({ length: 20 }, () => ask('POST', '/api/v1/contacts', { body: personal }));
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
  );
  await admin.end();
  expect((await Promise.all(under)).map(({ status }) => status)).not.toContain(500);
  const { stdout, stderr } = await server.stop();

  const password = (await readFile(path.join(product.dataDir, 'postgres-password'), 'utf8')).trim();
  const sealing = (await readFile(path.join(product.dataDir, 'secret-key'), 'utf8')).trim();
  const logs = stdout + stderr + (await product.postgresLog());
  expect(logs).toContain('terminating connection due to administrator command');
  for (const hidden of [marker, server.key, key, secret.slice(6), password, sealing]) {
    expect(logs.split('\n').filter((line) => line.includes(hidden))).toEqual([]);
  }
});

/** Skips the test, with the reason, if a required program is not installed. */
async function needs(context: { skip(reason: string): void }, program: string, flag: string): Promise<void> {
  await run(program, [flag]).catch(() => context.skip(`${program} is not installed`));
}
