import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../../base/hmac.ts';
import { EXIT, StartError } from '../../base/errors.ts';

export interface DataDirLock {
  release(): Promise<void>;
}

/** Maximum length of a Unix socket's path: 104 bytes on macOS and BSD, 108 on Linux, each with a terminating zero. */
export const MAX_SOCKET_PATH = 103;

/** How long the first process waits for others that are about to withdraw. */
const TIMEOUT_MS = 2_000;

/**
 * Makes this process the only owner of a data directory, or throws a `StartError` with the owner's pid.
 *
 * The lock is a listening Unix socket in `lock/`. The kernel closes it with its process, so kill -9 leaves nothing
 * that looks alive, a reused pid cannot be mistaken for the owner, and two containers on one volume see each
 * other, which pids do not give. (Two machines on one network file system do not.)
 *
 * Each process publishes a socket under a name of its own before it looks for others: of two that start at once,
 * at least one sees the other. It owns the directory once it sees no other. Names are never reused, so removing a
 * dead one cannot hit a successor, which is a common fault of lock files.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  if (process.platform === 'win32') return lockByPipe(dataDir);
  const dir = path.join(dataDir, 'lock');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // Time first, so that an existing owner sorts before a newcomer.
  const name = `${Date.now()}-${process.pid}-${randomBytes(3).toString('hex')}.sock`;
  const server = await publish(dir, name);
  const release = async (): Promise<void> => {
    await rm(path.join(dir, name), { force: true });
    server.close();
  };
  try {
    await untilAlone(dataDir, dir, name);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** A process that sees an earlier one withdraws at once, so the first of several newcomers remains. */
async function untilAlone(dataDir: string, dir: string, name: string): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const others = await living(dir, name);
    const first = others.sort()[0];
    if (first === undefined) return;
    if (first < name || performance.now() > deadline) throw taken(dataDir, first.split('-')[1]);
    await sleep(20);
  }
}

function taken(dataDir: string, pid: string | undefined): StartError {
  return new StartError(
    `${dataDir} is in use by another Fairlead (pid ${pid}): stop that one first, or set FAIRLEAD_DATA_DIR to another directory.`,
    { exit: EXIT.tryAgain },
  );
}

/** Listens under a draft name, then renames: a socket with its final name always answers while its process lives. */
async function publish(dir: string, name: string): Promise<net.Server> {
  const draft = `${name}.draft`;
  const server = net.createServer((caller) => caller.destroy());
  await withShortPath(dir, draft, (short) => listen(server, short));
  await rename(path.join(dir, draft), path.join(dir, name));
  server.unref();
  return server;
}

async function living(dir: string, mine: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(dir)) {
    if (name === mine || !name.endsWith('.sock')) continue;
    if (await withShortPath(dir, name, answers)) found.push(name);
    else await rm(path.join(dir, name), { force: true });
  }
  return found;
}

/** Only a refused connection means dead; a full queue or a missing permission means that there is a process. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const caller = net.connect(socket);
    caller.once('connect', () => {
      caller.destroy();
      resolve(true);
    });
    caller.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function listen(server: net.Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return reject(error);
      reject(
        new StartError(
          `${path.dirname(socket)} cannot hold a Unix socket (${error.code}): set FAIRLEAD_DATA_DIR to a directory on a local file system that you may write to, or set DATABASE_URL.`,
        ),
      );
    });
    server.listen({ path: socket, exclusive: true, readableAll: true, writableAll: true }, resolve);
  });
}

/** Uses a short-lived symbolic link for a file in a directory whose path is too long for a socket. */
async function withShortPath<T>(dir: string, name: string, use: (file: string) => Promise<T>): Promise<T> {
  const direct = path.join(dir, name);
  if (Buffer.byteLength(direct) <= MAX_SOCKET_PATH) return use(direct);
  const detour = await mkdtemp(path.join(tmpdir(), 'fairlead-'));
  try {
    await symlink(dir, path.join(detour, 'd'));
    return await use(path.join(detour, 'd', name));
  } finally {
    await rm(detour, { recursive: true, force: true });
  }
}

/** On Windows a named pipe has one first owner and disappears with its process, so it is a lock by itself. */
async function lockByPipe(dataDir: string): Promise<DataDirLock> {
  const server = net.createServer((caller) => caller.destroy());
  const name = sha256(dataDir.toLowerCase()).toString('hex').slice(0, 32);
  try {
    await listen(server, `\\\\.\\pipe\\fairlead-${name}`);
  } catch {
    throw taken(dataDir, 'unknown');
  }
  server.unref();
  return { release: async () => void server.close() };
}
