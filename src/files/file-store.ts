import { createHash } from 'node:crypto';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { makeDiskStorage, type DiskStorage } from './disk-storage.ts';

/** A stored file, without its bytes. */
export interface StoredFile {
  workspace_id: Uuid;
  id: Uuid;
  purpose: string;
  name: string;
  /** Read from the bytes, never from the request. */
  content_type: string;
  /** In bytes. */
  size: number;
  sha256: Buffer;
  storage: 'disk' | 'database';
  created_by: string;
  created_at: string;
}

/** A file to be stored. */
export interface NewFile extends Pick<
  StoredFile,
  'workspace_id' | 'purpose' | 'name' | 'content_type' | 'created_by'
> {
  bytes: Buffer;
}

export interface FileStore {
  /**
   * Stores a file, and runs `work` in the transaction of its row; `work` may run again, after a rollback. Throws
   * `payload_too_large` beyond the limit of a file, and `limit_reached` beyond that of the workspace.
   */
  save(file: NewFile, work: (trx: Transaction, saved: StoredFile) => Promise<void>): Promise<StoredFile>;
  get(workspaceId: Uuid, id: Uuid): Promise<StoredFile | undefined>;
  /** The bytes. Throws `not_found` if the file was deleted, `server_error` if its bytes are missing or damaged. */
  read(file: StoredFile): Promise<Buffer>;
  /** Deletes a file's row; call `removeBytes` after the commit. Undefined if there is no such file. */
  remove(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<StoredFile | undefined>;
  /** Deletes the bytes of a removed file. If the process dies before it, `removeOrphans` does it. */
  removeBytes(file: StoredFile): Promise<void>;
  /** Deletes bytes in the data directory that no row has. @returns how many files */
  removeOrphans(): Promise<number>;
}

export interface FileStoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  log: Logger;
  /** The directory of files with the storage `disk`. */
  dir: string;
  /** Where new files go: `disk` if no other process or machine reads them. */
  storage: StoredFile['storage'];
  /** In bytes. */
  limits: { file: number; workspace: number };
}

/** Longer than a transaction lasts: bytes are written before their row is committed. */
const MIN_ORPHAN_AGE_MS = 60 * 60 * 1000;
const ORPHAN_BATCH = 500;

const COLUMNS =
  'workspace_id, id, purpose, name, content_type, size, sha256, storage, created_by, created_at';
const GET = { name: 'file.get', text: `select ${COLUMNS} from file where workspace_id = $1 and id = $2` };
const READ = {
  name: 'file.read',
  text: 'select bytes from file_content where workspace_id = $1 and file_id = $2',
};
const INSERT = {
  name: 'file.insert',
  text: `insert into file (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
};
const INSERT_CONTENT = {
  name: 'file.insert-content',
  text: 'insert into file_content (workspace_id, file_id, bytes) values ($1, $2, $3)',
};
const DELETE = {
  name: 'file.delete',
  text: `delete from file where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
};
const BEGIN_USAGE = {
  name: 'file.begin-usage',
  text: 'insert into file_usage (workspace_id, bytes) values ($1, 0) on conflict do nothing',
};
const CHARGE = {
  name: 'file.charge',
  text: `update file_usage set bytes = bytes + $2::bigint
         where workspace_id = $1 and bytes + $2::bigint <= $3::bigint returning bytes`,
};
const DISCHARGE = {
  name: 'file.discharge',
  text: 'update file_usage set bytes = bytes - $2::bigint where workspace_id = $1',
};
const KNOWN = {
  name: 'file.known',
  text: 'select id from file where workspace_id = $1 and id = any($2::uuid[])',
};

/**
 * Files of workspaces. Bytes are on the disk before their row is committed, and are deleted after their row is. A crash
 * in between leaves bytes without a row, never a row without bytes.
 */
export function makeFileStore(parts: FileStoreParts): FileStore {
  const { db, clock, newId, log, storage, limits } = parts;
  const disk = makeDiskStorage(parts.dir);

  async function bytesOf({
    workspace_id: workspaceId,
    id,
    storage: place,
  }: StoredFile): Promise<Buffer | null> {
    if (place === 'disk') return disk.read(workspaceId, id);
    return (await db.read<{ bytes: Buffer }>(READ, [workspaceId, id]))[0]?.bytes ?? null;
  }

  const get: FileStore['get'] = async (workspaceId, id) =>
    (await db.read<StoredFile>(GET, [workspaceId, id]))[0];

  const removeBytes: FileStore['removeBytes'] = async ({ workspace_id: workspaceId, id, storage: place }) => {
    if (place === 'database') return;
    try {
      await disk.remove(workspaceId, id);
    } catch (error) {
      log.warn({ err: (error as Error).message, file: id }, 'the bytes of a file are deleted later');
    }
  };

  return {
    get,
    removeBytes,

    async save({ bytes, ...described }, work) {
      if (bytes.length > limits.file) throw tooLarge(limits.file);
      const file: StoredFile = {
        ...described,
        id: newId(),
        size: bytes.length,
        sha256: sha256(bytes),
        storage,
        created_at: isoTime(clock.now()),
      };
      if (storage === 'disk') await disk.write(file.workspace_id, file.id, bytes);
      try {
        await db.transaction(async (trx) => {
          await insert(trx, file, bytes);
          await work(trx, file);
          // Last, so that what `work` removes makes room.
          await charge(trx, file, limits.workspace);
        });
      } catch (error) {
        // After any other error the transaction may have been committed: its bytes must stay.
        if (error instanceof ApiError) await removeBytes(file);
        throw error;
      }
      return file;
    },

    async read(file) {
      const bytes = await bytesOf(file);
      if (bytes && sha256(bytes).equals(file.sha256)) return bytes;
      if (!(await get(file.workspace_id, file.id))) throw new ApiError('not_found', 'No file with this id.');
      const problem = bytes === null ? 'missing' : 'damaged';
      log.error(
        { file: file.id, workspace: file.workspace_id, storage: file.storage },
        `a file is ${problem}`,
      );
      throw new ApiError(
        'server_error',
        `The content of the file ${file.id} is ${problem} on the server. Restore it from a backup of ${WHERE[file.storage]}.`,
      );
    },

    async remove(trx, workspaceId, id) {
      const [removed] = await query<StoredFile>(trx, DELETE, [workspaceId, id]);
      if (removed) await query(trx, DISCHARGE, [workspaceId, removed.size]);
      return removed;
    },

    async removeOrphans() {
      // With another store, bytes here may belong to a database that is not connected.
      return storage === 'disk' ? removeOlderOrphans(db, disk, clock.now() - MIN_ORPHAN_AGE_MS) : 0;
    },
  };
}

async function removeOlderOrphans(db: Database, disk: DiskStorage, beforeMs: number): Promise<number> {
  let removed = 0;
  for await (const { workspaceId, ids } of disk.listOlder(beforeMs)) {
    for (let at = 0; at < ids.length; at += ORPHAN_BATCH) {
      const batch = ids.slice(at, at + ORPHAN_BATCH);
      const rows = await db.read<{ id: Uuid }>(KNOWN, [workspaceId, batch]);
      const known = new Set(rows.map(({ id }) => id));
      for (const id of batch.filter((item) => !known.has(item))) {
        await disk.remove(workspaceId, id);
        removed += 1;
      }
    }
  }
  return removed;
}

const WHERE = {
  disk: 'the directory files/ of the data directory',
  database: 'the database',
} as const;

async function insert(trx: Transaction, file: StoredFile, bytes: Buffer): Promise<void> {
  await query(trx, INSERT, [
    file.workspace_id,
    file.id,
    file.purpose,
    file.name,
    file.content_type,
    file.size,
    file.sha256,
    file.storage,
    file.created_by,
    file.created_at,
  ]);
  if (file.storage === 'database') await query(trx, INSERT_CONTENT, [file.workspace_id, file.id, bytes]);
}

/** Adds a file to the usage of its workspace; the row's lock makes concurrent uploads wait for each other. */
async function charge(trx: Transaction, file: StoredFile, limit: number): Promise<void> {
  await query(trx, BEGIN_USAGE, [file.workspace_id]);
  const charged = await query(trx, CHARGE, [file.workspace_id, file.size, limit]);
  if (charged.length > 0) return;
  throw new ApiError(
    'limit_reached',
    `The files of this workspace may have ${inMegabytes(limit)} in all. Delete some of them first.`,
  );
}

/** The error for a file with more than `limit` bytes. */
export function tooLarge(limit: number): ApiError {
  return new ApiError('payload_too_large', `The file is too large: at most ${inMegabytes(limit)}.`);
}

function inMegabytes(bytes: number): string {
  return `${Math.round((bytes / MEGABYTE) * 10) / 10} MB`;
}

/** What settings and messages call a megabyte. */
export const MEGABYTE = 1024 * 1024;

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
