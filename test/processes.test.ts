import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { asUser, chooseRunAs, giveTo } from '../src/db/embedded/run-as.ts';
import { blankDatabase, urlOf } from './kit/database.ts';
import {
  makeInstallation,
  startProgram,
  temporaryDirectory,
  until,
  type Installation,
} from './kit/process.ts';
import { startReceiver } from './kit/receiver.ts';

const run = promisify(execFile);
/** Debian's package of the oldest supported version. */
const POSTGRES_15 = '/usr/lib/postgresql/15/bin';

/** Cleanups of a test, run in reverse order. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

/** Programs that share one new, empty database and one secret key; each with its own directory. */
async function cluster(url?: string): Promise<(env?: Record<string, string>) => Promise<Installation>> {
  const settings = {
    DATABASE_URL: url ?? (await blank()),
    FAIRLEAD_SECRET_KEY: randomBytes(32).toString('hex'),
  };
  return async (env = {}) => {
    const made = await makeInstallation({ ...settings, ...env });
    cleanups.push(() => made.remove());
    return made;
  };
}

async function blank(): Promise<string> {
  const database = await blankDatabase();
  cleanups.push(() => database.drop());
  return database.url;
}

async function receiver() {
  const made = await startReceiver();
  cleanups.push(() => made.close());
  return made;
}

describe('several processes on one DATABASE_URL', () => {
  test('started at once on an empty database, all serve, and one of them shows the first key', async () => {
    const join = await cluster();
    const products = await Promise.all([join(), join(), join()]);
    const servers = await Promise.all(products.map((product) => product.start()));
    const keys = servers.map(({ key }) => key).filter((key) => key !== '');
    expect(keys).toHaveLength(1);
    const seen = await Promise.all(
      servers.map((server) => server.ask('GET', '/api/v1/me', { as: keys[0]! })),
    );
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(seen.map(({ json }) => json.workspace.id)).size).toBe(1);
  });

  test('a key that one process revokes is refused by the others at the very next request', async () => {
    const join = await cluster();
    const [here, existing] = [await join(), await join()];
    const a = await here.start();
    const b = await existing.start();
    const made = await here.run(['key', 'create', '--name', 'to be revoked']);
    const as = made.stdout.trim();
    const id = /key (\S+)/.exec(made.stderr)![1]!;
    for (const server of [a, b, a, b])
      expect((await server.ask('GET', '/api/v1/me', { as })).status).toBe(200);
    expect((await here.run(['key', 'revoke', id])).code).toBe(0);
    for (const server of [b, a]) {
      const refused = await server.ask('GET', '/api/v1/me', { as });
      expect(refused).toMatchObject({ status: 401, json: { error: { code: 'unauthorized' } } });
    }
    expect((await b.ask('GET', '/api/v1/me', { as: a.key })).status).toBe(200);
  });

  test('a key that one process revokes writes nothing at the others, from the very next request on', async () => {
    const join = await cluster();
    const [first, second] = [await join(), await join()];
    const servers = [await first.start(), await second.start()];
    const made = await first.run(['key', 'create', '--name', 'to be revoked']);
    const as = made.stdout.trim();
    const id = /key (\S+)/.exec(made.stderr)![1]!;
    const create = { as, body: { first_name: 'Jane' } };
    for (const server of [...servers, ...servers])
      expect((await server.ask('POST', '/api/v1/contacts', create)).status).toBe(201);
    expect((await first.run(['key', 'revoke', id])).code).toBe(0);
    for (const server of servers) {
      expect(await server.ask('POST', '/api/v1/contacts', create)).toMatchObject({ status: 401 });
      expect(await server.ask('GET', '/api/v1/contacts', { as })).toMatchObject({ status: 401 });
    }
    const { json } = await servers[0]!.ask('GET', '/api/v1/contacts', { as: servers[0]!.key });
    expect(json.data).toHaveLength(4);
  });

  test('what an api process accepts is delivered by a worker process, and only by it', async () => {
    const join = await cluster();
    const api = await (await join({ FAIRLEAD_SERVICES: 'api' })).start();
    const hook = await receiver();
    const { json: webhook } = await api.ask('POST', '/api/v1/webhooks', {
      body: { name: 'a webhook', url: hook.url, events: ['*'] },
    });
    await api.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    const log = async () => (await api.ask('GET', `/api/v1/webhooks/${webhook.id}/deliveries`)).json.data;
    expect(await log()).toMatchObject([{ state: 'pending', attempts: 0 }]);
    expect((await api.ask('GET', '/docs')).status).toBe(404);

    const worker = await (await join({ FAIRLEAD_SERVICES: 'worker' })).start();
    expect((await worker.ask('GET', '/api/v1/contacts', { as: api.key })).status).toBe(404);
    expect((await worker.ask('GET', '/readyz')).status).toBe(200);
    await hook.waitFor(1, 30_000);
    await api.ask('POST', '/api/v1/contacts', { body: { first_name: 'Joe' } });
    await hook.waitFor(2, 30_000);
    await until(async () => (await log()).every(({ state }: { state: string }) => state === 'delivered'));
    expect(hook.received).toHaveLength(2);
  });

  test('the other worker takes over for a killed one: its deliveries arrive', async () => {
    const join = await cluster();
    const first = await join({ FAIRLEAD_SERVICES: 'api,worker' });
    const hook = await receiver();
    hook.answer(() => ({ hang: true }));
    const doomed = await first.start();
    await doomed.ask('POST', '/api/v1/webhooks', {
      body: { name: 'a webhook', url: hook.url, events: ['*'] },
    });
    await doomed.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    await hook.waitFor(1);
    await (await join()).start();
    hook.answer(() => ({}));
    doomed.program.kill('SIGKILL');
    // The dead worker's lease on the webhook expires after 15 s.
    const [before, after] = await hook.waitFor(2, 40_000);
    expect(after!.headers['webhook-id']).toBe(before!.headers['webhook-id']);
  });
});

test('PostgreSQL 15 is supported', async (context) => {
  await access(path.join(POSTGRES_15, 'initdb')).catch(() =>
    context.skip(`PostgreSQL 15 is not installed in ${POSTGRES_15}`),
  );
  const join = await cluster(await startPostgres15());
  const product = await join();
  const server = await product.start();
  const hook = await receiver();
  await server.ask('POST', '/api/v1/webhooks', { body: { name: 'a webhook', url: hook.url, events: ['*'] } });
  const { json: made } = await server.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
  const changed = await server.ask('PATCH', `/api/v1/contacts/${made.id}`, { body: { phone: '1' } });
  expect(changed).toMatchObject({ status: 200, json: { version: 2 } });
  const batch = { records: [{ first_name: 'Ann' }, { first_name: 'Joe' }] };
  expect((await server.ask('POST', '/api/v1/contacts/batch', { body: batch })).status).toBe(200);
  expect((await server.ask('GET', '/api/v1/contacts?count=exact')).json.total_count).toBe(3);
  expect((await server.ask('DELETE', `/api/v1/contacts/${made.id}`)).status).toBe(204);
  await hook.waitFor(5);
  const doctor = await product.run(['doctor']);
  expect(doctor.stdout).toMatch(/^ok +PostgreSQL 15\./);
  expect(doctor.code).toBe(0);
});

/** A PostgreSQL 15 for the test, on a socket. */
async function startPostgres15(): Promise<string> {
  const home = await temporaryDirectory('postgres15');
  cleanups.push(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const [data, socket] = [path.join(home, 'data'), path.join(home, 'socket')];
  const user = await chooseRunAs(data);
  for (const dir of [data, socket]) {
    await mkdir(dir, { mode: 0o700 });
    await giveTo(user, dir);
  }
  const as = { ...asUser(user), cwd: '/' };
  const initdb = ['-D', data, '-U', 'crm', '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'trust', '--no-sync'];
  await run(path.join(POSTGRES_15, 'initdb'), initdb, as);
  const args = ['-D', data, '-k', socket, '-c', 'listen_addresses=', '-c', 'fsync=off'];
  const server = startProgram(path.join(POSTGRES_15, 'postgres'), args, as);
  cleanups.push(async () => {
    server.kill('SIGQUIT');
    await server.exited;
  });
  await until(() => server.stderr.includes('ready to accept connections'));
  return urlOf({ host: socket, port: 5432, user: 'crm', password: 'any', database: 'postgres' });
}
