import { execFile, type ExecFileException } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../../base/log.ts';
import { StartError } from '../../base/errors.ts';
import { layout } from './data-dir.ts';
import { atShellPath, program, type Binaries } from './postgres-binaries.ts';
import { childEnv, oneLine } from './postmaster.ts';
import { asUser, type RunAs } from './run-as.ts';

const run = promisify(execFile);
const DRAFT = 'postgres-init-';

/** The superuser that the program connects as. */
export const DATABASE_USER = 'fairlead';

/**
 * LC_CTYPE candidates, best first. pg_trgm uses the C library to recognize letters, whatever the collation
 * provider is: under `C` the trigrams of `Жук` are empty, and those of `Ünïcödé` lose half [PostgreSQL 18.4].
 * glibc has C.UTF-8 built in since 2.35; macOS always has en_US.UTF-8.
 */
const CTYPES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/**
 * Creates the database cluster as a draft that is then renamed, the password file first. If it is killed half-way,
 * only a draft remains, which the next start removes. The caller owns the data directory.
 */
export async function initCluster(
  dataDir: string,
  binaries: Binaries,
  user: RunAs | null,
  durable: boolean,
  log: Logger,
): Promise<void> {
  const { pgData, passwordFile } = layout(dataDir);
  const draft = path.join(dataDir, DRAFT + randomBytes(4).toString('hex'));
  const password = randomBytes(24).toString('base64url');
  // initdb needs an empty directory and a password file that its user can read: both are in the draft.
  await mkdir(draft, { mode: 0o700 });
  await writeFile(path.join(draft, 'password'), password, { mode: 0o600 });
  await give(user, draft, path.join(draft, 'password'));
  try {
    await atShellPath(binaries, dataDir, (from) => initdb(draft, from, user, durable, log));
    await writeDurably(`${passwordFile}.draft`, password);
    await rename(`${passwordFile}.draft`, passwordFile);
    await rename(path.join(draft, 'data'), pgData);
    await syncDir(dataDir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes what an interrupted initdb left. */
export async function removeDrafts(dataDir: string, log: Logger): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(DRAFT)) continue;
    log.warn({ draft: name }, 'removing the remains of an interrupted first start');
    // An orphaned initdb may still be writing into it; remains are harmless.
    await rm(path.join(dataDir, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

/**
 * The provider is `builtin`: lower(), regular expressions and sorting are then implemented by PostgreSQL itself,
 * the same on every platform, and no upgrade of the C library can corrupt the order of an index. Only LC_CTYPE,
 * for pg_trgm, uses the C library.
 */
async function initdb(
  draft: string,
  binaries: Binaries,
  user: RunAs | null,
  durable: boolean,
  log: Logger,
): Promise<void> {
  for (const ctype of CTYPES) {
    const failure = await run(
      program(binaries, 'initdb'),
      [
        `--pgdata=${path.join(draft, 'data')}`,
        `--username=${DATABASE_USER}`,
        `--pwfile=${path.join(draft, 'password')}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        `--lc-ctype=${ctype}`,
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(durable ? [] : ['--no-sync']),
      ],
      { ...asUser(user), cwd: path.parse(draft).root, env: childEnv(), windowsHide: true },
    ).then(
      () => null,
      (error: ExecFileException & { stdout?: string; stderr?: string }) => error,
    );
    if (!failure) {
      if (ctype === 'C')
        log.warn('this system has no UTF-8 locale: search finds names in Latin letters only');
      return;
    }
    if (failure.code === 'ENOENT') throw cannotExecute(program(binaries, 'initdb'), failure);
    const said = oneLine(`${failure.stderr ?? ''}\n${failure.stdout ?? ''}`) || failure.message;
    if (!/locale/.test(said) || ctype === 'C') {
      throw new StartError(
        `initdb could not create the database in ${path.dirname(draft)}: ${said}. Check permissions and disk space there, set FAIRLEAD_DATA_DIR to another directory, or set DATABASE_URL.`,
      );
    }
  }
}

/** The file exists, or the package would not have been found: the missing file is its loader. */
function cannotExecute(file: string, cause: Error): StartError {
  return new StartError(
    `${file} cannot be executed on this system, such as Alpine, which has no glibc: set DATABASE_URL to a PostgreSQL 15 or newer.`,
    { cause },
  );
}

async function give(user: RunAs | null, ...files: string[]): Promise<void> {
  if (user) await Promise.all(files.map((file) => chown(file, user.uid, user.gid)));
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncDir(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
