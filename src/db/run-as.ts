import { execFile } from 'node:child_process';
import { chown, lchown, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartError } from '../base/errors.ts';

const run = promisify(execFile);

/** The user PostgreSQL runs under when the program itself is root, which PostgreSQL refuses to be. */
export interface RunAs {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Null unless this process is root; then the owner of the existing data, else `postgres`, else `nobody`.
 * @param pgData PostgreSQL's data directory, which may not exist yet
 */
export async function chooseRunAs(pgData: string): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(pgData).catch(() => null);
  if (owner && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const user = await lookUp(name);
    if (user) return user;
  }
  throw new StartError(
    'PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it under: start Fairlead as an ordinary user, or set DATABASE_URL.',
  );
}

/** `id` rather than /etc/passwd: it also knows users of LDAP and of macOS. */
async function lookUp(name: string): Promise<RunAs | null> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => (await run('id', [flag, name])).stdout),
    );
    return { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return null;
  }
}

/** What `spawn` needs to run a program as this user; libuv drops root's other groups along with it. */
export function asUser(user: RunAs | null): { uid?: number; gid?: number } {
  return user ? { uid: user.uid, gid: user.gid } : {};
}

/** Throws a `StartError` that names the outermost directory on the way to `dir` that `user` cannot enter. */
export async function mustReach(user: RunAs | null, dir: string): Promise<void> {
  if (!user) return;
  const blocked = await firstWithout(user, '-x', [...ancestors(dir), dir]);
  if (blocked === null) return;
  throw new StartError(
    `PostgreSQL runs as ${user.name}, since it refuses root, and ${user.name} cannot enter ${blocked}: run \`chmod o+x ${blocked}\`, set FAIRLEAD_DATA_DIR to a directory it can reach, such as /var/lib/fairlead, or set DATABASE_URL.`,
  );
}

/** Whether `user` may execute, or read, each of the files. */
export async function mayUse(user: RunAs, executables: string[], readables: string[]): Promise<boolean> {
  return (
    (await firstWithout(user, '-x', executables)) === null &&
    (await firstWithout(user, '-r', readables)) === null
  );
}

/** A shell under that user asks the kernel, since permission bits alone would miss ACLs and mount options. */
async function firstWithout(user: RunAs, right: '-x' | '-r', paths: string[]): Promise<string | null> {
  const script = `for p do [ ${right} "$p" ] || { printf %s "$p"; exit 0; }; done`;
  try {
    const { stdout } = await run('/bin/sh', ['-c', script, 'sh', ...paths], { ...asUser(user), cwd: '/' });
    return stdout === '' ? null : stdout;
  } catch (error) {
    throw new StartError(
      `A program could not be run as ${user.name} (${(error as NodeJS.ErrnoException).code ?? 'failed'}), which PostgreSQL needs because it refuses root: start Fairlead as an ordinary user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

function ancestors(dir: string): string[] {
  const parent = path.dirname(dir);
  return parent === dir ? [] : [...ancestors(parent), parent];
}

/** Gives a tree to `user`, the top last: where this is interrupted, the next start sees an owner to change. */
export async function giveTo(user: RunAs | null, file: string): Promise<void> {
  if (!user) return;
  const entries = await readdir(file, { withFileTypes: true });
  for (const entry of entries) {
    const inner = path.join(file, entry.name);
    if (entry.isDirectory()) await giveTo(user, inner);
    else await lchown(inner, user.uid, user.gid);
  }
  await chown(file, user.uid, user.gid);
}
