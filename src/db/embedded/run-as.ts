import { chown, lchown, readdir } from 'node:fs/promises';
import path from 'node:path';
import { StartError } from '../../base/errors.ts';
import { cannotRunAs, findRunAs, firstClosed, firstWithout, NO_USER, type RunAs } from './postgres-user.mjs';

export type { RunAs } from './postgres-user.mjs';

/**
 * Null unless this process is root; then the owner of the existing data, else `postgres`, else `nobody`.
 * @param pgData PostgreSQL's data directory, which may not exist yet
 */
export async function chooseRunAs(pgData: string): Promise<RunAs | null> {
  const user = findRunAs(pgData);
  if (user === undefined) throw new StartError(NO_USER);
  return user;
}

/** Options of `spawn` to run a program as this user; libuv also drops root's other groups. */
export function asUser(user: RunAs | null): { uid?: number; gid?: number } {
  return user ? { uid: user.uid, gid: user.gid } : {};
}

/** Throws a `StartError` with the outermost directory on the way to `dir` that `user` cannot enter. */
export async function mustReach(user: RunAs | null, dir: string): Promise<void> {
  if (!user) return;
  const blocked = answered(user, firstClosed(user, dir));
  if (blocked === null) return;
  throw new StartError(
    `PostgreSQL runs as ${user.name}, since it refuses root, and ${user.name} cannot enter ${blocked}: run \`chmod o+x ${blocked}\`, set FAIRLEAD_DATA_DIR to a directory it can reach, such as /var/lib/fairlead, or set DATABASE_URL.`,
  );
}

/** Whether `user` may execute, or read, each of the files. */
export async function mayUse(user: RunAs, executables: string[], readables: string[]): Promise<boolean> {
  return (
    answered(user, firstWithout(user, '-x', executables)) === null &&
    answered(user, firstWithout(user, '-r', readables)) === null
  );
}

function answered(user: RunAs, answer: ReturnType<typeof firstWithout>): string | null {
  if ('failed' in answer) throw new StartError(cannotRunAs(user, answer.failed));
  return answer.path;
}

/**
 * Changes the owner of a tree to `user`, the root last: if this is interrupted, the next start sees that the owner
 * has to be changed.
 */
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
