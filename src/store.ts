import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, StartError } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { makeSealer, parseKey, SealError, type Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import { attachEmbedded, startEmbedded } from './db/embedded.ts';
import { failureKind } from './db/failure.ts';
import { migrate } from './db/migrate.ts';
import { ensurePartitions } from './db/partition.ts';
import { openDatabase, type Connection, type Database } from './db/pool.ts';

/** The database, up to date, and the key that opens its secrets. */
export interface Store {
  db: Database;
  sealer: Sealer;
  /** Closes the pool and, where this process started it, PostgreSQL. */
  close(): Promise<void>;
}

/**
 * Opens the store that the settings name: DATABASE_URL, or the embedded PostgreSQL of the data directory.
 * @param options.attach use the embedded PostgreSQL of a server that runs already, where there is one
 */
export async function openStore(config: Config, log: Logger, options: { attach: boolean }): Promise<Store> {
  const { connection, stop } = await findDatabase(config, log, options.attach);
  const db = openDatabase(connection, { max: 20, log });
  try {
    await migrate(db.side, log);
    await ensurePartitions(db.side, Date.now());
    const sealer = makeSealer(await secretKey(config));
    await checkSealer(db, sealer);
    return {
      db,
      sealer,
      async close() {
        await db.close();
        await stop();
      },
    };
  } catch (error) {
    await db.close();
    await stop();
    if (error instanceof StartError) throw error;
    const which = config.databaseUrl ? 'The database that DATABASE_URL names' : 'The embedded database';
    const exit = failureKind(firstOf(error as Error)) === 'lost' ? EXIT.tryAgain : EXIT.failed;
    throw new StartError(`${which} can not be used: ${reason(error as Error)}`, { cause: error, exit });
  }
}

/** A name with several addresses fails with several errors and no message of its own. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError ? (error.errors[0] as Error) : error;
}

function reason(error: Error): string {
  return firstOf(error).message.replaceAll(/\s*\n\s*/g, ' ');
}

async function findDatabase(
  config: Config,
  log: Logger,
  attach: boolean,
): Promise<{ connection: Connection; stop(): Promise<void> }> {
  if (config.databaseUrl)
    return { connection: { connectionString: config.databaseUrl }, stop: () => Promise.resolve() };
  const running = attach ? await attachEmbedded(config.dataDir) : null;
  if (running) return { connection: running, stop: () => Promise.resolve() };
  const embedded = await startEmbedded({ dataDir: config.dataDir, log });
  return { connection: embedded.connection, stop: () => embedded.stop() };
}

/** FAIRLEAD_SECRET_KEY, or the one kept in the data directory, made on the first start. */
async function secretKey(config: Config): Promise<Buffer> {
  if (config.secretKey) return parseKey(config.secretKey)!;
  await mkdir(config.dataDir, { recursive: true });
  const file = path.join(config.dataDir, 'secret-key');
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept === null) {
    // Written beside and linked into place: a start that is killed half-way leaves no half a key, and of
    // two that race one wins.
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    await link(draft, file).catch(() => undefined);
    await unlink(draft);
  }
  const key = parseKey((await readFile(file, 'utf8')).trim());
  if (!key)
    throw new StartError(
      `${file} does not hold a key; restore it from a backup, or set FAIRLEAD_SECRET_KEY.`,
    );
  return key;
}

const CHECK_PLACE = { workspaceId: '', table: 'installation', column: 'sealed_check' };

/** Refuses to run with a key other than the one this store was sealed with. */
async function checkSealer(db: Database, sealer: Sealer): Promise<void> {
  await db.side.query('insert into installation (sealed_check) values ($1) on conflict do nothing', [
    sealer.seal(CHECK_PLACE, 'fairlead'),
  ]);
  const { rows } = await db.side.query<{ sealed_check: Buffer }>('select sealed_check from installation');
  try {
    sealer.open(CHECK_PLACE, rows[0]!.sealed_check);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new StartError(
      `FAIRLEAD_SECRET_KEY is not the key this database was sealed with (${error.message}).`,
    );
  }
}
