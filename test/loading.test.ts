import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Logger } from '../src/base/log.ts';
import { readConfig } from '../src/config.ts';
import { openStoreWhile } from '../src/store.ts';
import { silent } from './kit/database.ts';
import {
  makeInstallation,
  MAIN,
  PROJECT,
  startProgram,
  temporaryDirectory,
  untilReady,
} from './kit/process.ts';

/** Cleanups of a test, run in reverse order. */
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

/** Runs the program, and lists the modules that it imports: packages by name, its own by path in dist/. */
async function observed(args: readonly string[], env: Record<string, string> = {}) {
  const product = await makeInstallation();
  cleanups.push(() => product.remove());
  const dir = await temporaryDirectory('loaded');
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const file = path.join(dir, 'modules');
  const preload = path.join(import.meta.dirname, 'kit/loaded-modules.mjs');
  const program = startProgram(process.execPath, ['--import', preload, MAIN, ...args], {
    env: { PORT: '0', FAIRLEAD_DATA_DIR: product.dataDir, LOADED_MODULES: file, ...env },
  });
  cleanups.push(async () => {
    program.kill('SIGTERM');
    await program.exited;
  });
  const loaded = async () => {
    const names = (await readFile(file, 'utf8')).split('\n').flatMap((url) => {
      const found = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/|\/(dist\/.*)$/.exec(url);
      return found ? [found[1] ?? found[2]!] : [];
    });
    return new Set(names);
  };
  return { program, loaded };
}

/** Without the program's own modules. */
const packages = (names: Set<string>) => [...names].filter((name) => !name.startsWith('dist/'));

test.for([
  { args: ['--version'], code: 0, output: /^\d+\.\d+\.\d+$/m },
  { args: ['--help'], code: 0, output: /^fairlead deliver /m },
  { args: ['key', 'list'], code: 2, output: /is not a command/ },
])('fairlead $args.0 loads no part of the server', async ({ args, code, output }) => {
  const { program, loaded } = await observed(args);
  const end = await program.exited;
  expect(end.stdout + end.stderr).toMatch(output);
  expect(end.code).toBe(code);
  const names = await loaded();
  expect(names).toContain('dist/main.js');
  expect(packages(names)).toEqual([]);
});

test.for([
  { args: ['workspace', 'list'], code: 0 },
  { args: ['workspace', 'create', '--name', 'Second'], code: 0 },
  // Not found: a new installation has no default workspace.
  { args: ['key', 'create', '--name', 'cli'], code: 3 },
  { args: ['user', 'create', '--email', 'alice@example.com', '--name', 'Alice'], code: 3 },
])(
  'fairlead $args.0 $args.1 loads the database client, but no part of the server',
  async ({ args, code }) => {
    const { program, loaded } = await observed(args);
    expect(await program.exited).toMatchObject({ code });
    const names = await loaded();
    expect(packages(names).toSorted()).toEqual(['pg', 'pino', 'zod']);
    for (const name of ['catalogue', 'app', 'http-assembly'])
      expect([...names]).not.toContain(`dist/bundle/${name}.js`);
  },
);

test('the program keeps the names that functions have in src/, so that a stack trace shows them', async () => {
  const dir = await temporaryDirectory('coverage');
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const { program } = await observed(['--help'], { NODE_V8_COVERAGE: dir });
  expect(await program.exited).toMatchObject({ code: 0 });
  const reports = await Promise.all(
    (await readdir(dir)).map(async (name) => JSON.parse(await readFile(path.join(dir, name), 'utf8'))),
  );
  const scripts: { url: string; functions: { functionName: string }[] }[] = reports.flatMap(
    (report) => report.result,
  );
  const kept = scripts
    .filter(({ url }) => url.includes('/dist/'))
    .flatMap(({ functions }) => functions.map(({ functionName }) => functionName));
  for (const file of ['src/main.ts', 'src/cli/command.ts', 'src/cli/arguments.ts']) {
    const source = await readFile(path.join(PROJECT, file), 'utf8');
    const declared = [...source.matchAll(/function (\w+)\(/g)].map(([, name]) => name);
    expect(declared.length, file).toBeGreaterThan(0);
    expect(kept, file).toEqual(expect.arrayContaining(declared));
  }
});

test('fairlead deliver loads no HTTP server', async () => {
  const { program, loaded } = await observed(['deliver']);
  expect(await program.exited).toMatchObject({ code: 0 });
  const names = await loaded();
  expect(packages(names)).not.toContain('fastify');
  expect([...names]).toContain('dist/bundle/app.js');
  expect([...names]).not.toContain('dist/bundle/http-assembly.js');
});

test('a start loads no mail library and makes no API document; the first request for it does', async () => {
  const { program, loaded } = await observed([], {
    SMTP_URL: 'smtp://127.0.0.1:1',
    FAIRLEAD_MAIL_FROM: 'crm@example.com',
  });
  const server = await untilReady(program);
  const atStart = packages(await loaded());
  expect(atStart).toContain('fastify');
  const generators = ['@fastify/swagger', 'fastify-type-provider-zod'];
  for (const name of [...generators, 'nodemailer', 'ajv', '@scalar/fastify-api-reference', '@zxcvbn-ts'])
    expect(atStart).not.toContain(name);
  expect((await server.ask('GET', '/api/v1/openapi.json')).status).toBe(200);
  expect(packages(await loaded())).toEqual(expect.arrayContaining(generators));
});

test('code is loaded before the store is up to date, while PostgreSQL starts', async () => {
  const dataDir = await temporaryDirectory('store');
  cleanups.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  const order: string[] = [];
  const info = (_fields: unknown, text: string) => order.push(text);
  const log = Object.assign(Object.create(silent) as Logger, { info });
  const load = () => {
    order.push('loading');
    return Promise.resolve('modules');
  };
  const config = { ...readConfig({}), dataDir };
  const [store, modules] = await openStoreWhile(load, config, log, { attach: false });
  cleanups.push(() => store.close());
  expect(modules).toBe('modules');
  expect(order.indexOf('loading')).toBeLessThan(order.indexOf('migrating'));
  expect(order.filter((step) => step === 'loading')).toHaveLength(1);
});
