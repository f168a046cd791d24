import { mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isUuid, type Uuid } from '../base/id.ts';

/** Bytes in `<dir>/<workspace id>/<file id>`, readable by this user alone. */
export interface DiskStorage {
  /** Resolves once the bytes and their directory entry are on the disk. */
  write(workspaceId: Uuid, id: Uuid, bytes: Buffer): Promise<void>;
  /** Null if the file is missing. */
  read(workspaceId: Uuid, id: Uuid): Promise<Buffer | null>;
  /** A file that is missing already is not an error. */
  remove(workspaceId: Uuid, id: Uuid): Promise<void>;
  /** The files last written before `before` (milliseconds), one workspace at a time. */
  listOlder(before: number): AsyncIterable<{ workspaceId: Uuid; ids: Uuid[] }>;
}

/** @param dir is created by the first write */
export function makeDiskStorage(dir: string): DiskStorage {
  const pathOf = (workspaceId: Uuid, id: Uuid) => path.join(dir, workspaceId, id);

  return {
    async write(workspaceId, id, bytes) {
      const folder = path.join(dir, workspaceId);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(pathOf(workspaceId, id), 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      for (const item of [folder, dir]) await syncDirectory(item);
    },

    async read(workspaceId, id) {
      return readFile(pathOf(workspaceId, id)).catch(nullIfMissing);
    },

    async remove(workspaceId, id) {
      await unlink(pathOf(workspaceId, id)).catch(nullIfMissing);
    },

    async *listOlder(before) {
      for (const workspaceId of await namesIn(dir)) {
        const ids: Uuid[] = [];
        for (const id of await namesIn(path.join(dir, workspaceId))) {
          const found = await stat(pathOf(workspaceId, id)).catch(nullIfMissing);
          if (found && found.mtimeMs < before) ids.push(id);
        }
        if (ids.length > 0) yield { workspaceId, ids };
      }
    },
  };
}

/** The entries that are ids; whatever else an operator has put there is left alone. */
async function namesIn(dir: string): Promise<Uuid[]> {
  const names = (await readdir(dir).catch(nullIfMissing)) ?? [];
  return names.filter(isUuid).sort();
}

/** Makes a new entry durable. Windows cannot open directories, and needs no such step. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
