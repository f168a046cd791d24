import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeLog } from '../../src/base/log.ts';
import { startEmbedded } from '../../src/db/embedded/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/pool.ts';

const run = promisify(execFile);

/** What PostgreSQL and its password are called in a data directory. */
const KEPT = ['postgres', 'postgres-password'];

let prepared: Promise<string> | undefined;

/**
 * Gives a data directory an empty, migrated database, as if a first start had ended before it made a workspace.
 * A copy takes a tenth of the time in which PostgreSQL makes a database.
 * @param dataDir without a database; created if it is missing
 */
export async function addPreparedStore(dataDir: string): Promise<void> {
  prepared ??= prepare();
  const from = await prepared;
  await mkdir(dataDir, { recursive: true });
  // The database belongs to another user than root; -p keeps that.
  await run('cp', ['-Rp', ...KEPT.map((name) => path.join(from, name)), dataDir]);
}

/** Once for each worker of the test run, which removes it when it ends. */
async function prepare(): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'fairlead-prepared-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  chmodSync(dir, 0o711);
  const log = makeLog('silent');
  const server = await startEmbedded({ dataDir: dir, log, durable: false });
  const db = openDatabase(server.connection, { max: 2, log });
  await migrate(db.side, log);
  await db.close();
  await server.stop();
  return dir;
}
