import { ApiError, invalid } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { MEGABYTE, tooLarge, type FileStore, type StoredFile } from '../files/file-store.ts';
import type { FileUrls } from '../files/file-url.ts';
import { readImageHeader, type ImageHeader } from '../files/image-header.ts';
import type { Actor } from './audit.ts';

export const LOGO_PURPOSE = 'workspace_logo';
export const LOGO_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;
export const MAX_LOGO_BYTES = MEGABYTE;
const MAX_LOGO_PIXELS = 4096;
/** Signed paths of logos are valid for one to two days; pages make new ones each time. */
const URL_LIFETIME_S = 24 * 60 * 60;

/** A logo as a page shows it. */
export interface ShownLogo {
  fileId: Uuid;
  /** A signed path of this installation, `/files/…`. */
  path: string;
  workspaceName: string;
}

/** The logos of workspaces. */
export interface WorkspaceLogos {
  /**
   * Replaces the logo of the actor's workspace. `record` runs in the transaction of the change. Throws
   * `validation_error` for anything but a PNG, JPEG, WebP or GIF of at most 4,096 pixels a side, `payload_too_large`,
   * or `limit_reached`.
   */
  set(
    by: Actor,
    bytes: Buffer,
    record: (trx: Transaction, saved: StoredFile, header: ImageHeader) => Promise<void>,
  ): Promise<StoredFile>;
  /** Throws `not_found` if the workspace has no logo. */
  remove(workspaceId: Uuid, record: (trx: Transaction, removed: StoredFile) => Promise<void>): Promise<void>;
  /** The logos of these workspaces; those without one are missing. */
  list(workspaceIds: readonly Uuid[]): Promise<Map<Uuid, ShownLogo>>;
}

const LOCK = {
  name: 'workspace.lock-logo',
  text: 'select logo_file_id from workspace where id = $1 for no key update',
};
const SET = { name: 'workspace.set-logo', text: 'update workspace set logo_file_id = $2 where id = $1' };
const LIST = {
  name: 'workspace.logos',
  text: 'select id, name, logo_file_id from workspace where id = any($1::uuid[]) and logo_file_id is not null',
};

export function makeWorkspaceLogos(parts: {
  db: Database;
  files: FileStore;
  urls: FileUrls;
}): WorkspaceLogos {
  const { db, files, urls } = parts;

  return {
    async set({ workspaceId, actor }, bytes, record) {
      const header = logoHeader(bytes);
      let replaced: StoredFile | undefined;
      const file = {
        workspace_id: workspaceId,
        purpose: LOGO_PURPOSE,
        name: `logo.${header.type.slice('image/'.length)}`,
        content_type: header.type,
        created_by: actor,
        bytes,
      };
      const saved = await files.save(file, async (trx, { id, ...rest }) => {
        const before = await lockLogo(trx, workspaceId);
        await query(trx, SET, [workspaceId, id]);
        replaced = before === null ? undefined : await files.remove(trx, workspaceId, before);
        await record(trx, { id, ...rest }, header);
      });
      if (replaced) await files.removeBytes(replaced);
      return saved;
    },

    async remove(workspaceId, record) {
      const removed = await db.transaction(async (trx) => {
        const before = await lockLogo(trx, workspaceId);
        await query(trx, SET, [workspaceId, null]);
        const file = before === null ? undefined : await files.remove(trx, workspaceId, before);
        if (!file) throw new ApiError('not_found', 'The workspace has no logo.');
        await record(trx, file);
        return file;
      });
      await files.removeBytes(removed);
    },

    async list(workspaceIds) {
      const rows = await db.read<{ id: Uuid; name: string; logo_file_id: Uuid }>(LIST, [workspaceIds]);
      return new Map(
        rows.map(({ id, name, logo_file_id: fileId }) => {
          const { path } = urls.sign(id, fileId, URL_LIFETIME_S);
          return [id, { fileId, path, workspaceName: name }];
        }),
      );
    },
  };
}

function logoHeader(bytes: Buffer): ImageHeader {
  if (bytes.length > MAX_LOGO_BYTES) throw tooLarge(MAX_LOGO_BYTES);
  const header = readImageHeader(bytes);
  if (!header) throw invalid('file', 'must be a PNG, JPEG, WebP or GIF image');
  const { width, height } = header;
  if (width > MAX_LOGO_PIXELS || height > MAX_LOGO_PIXELS)
    throw invalid(
      'file',
      `is ${width} × ${height} pixels; at most ${MAX_LOGO_PIXELS} × ${MAX_LOGO_PIXELS} are allowed`,
    );
  return header;
}

/** The file of the current logo; no other change of the logo runs until the transaction ends. */
async function lockLogo(trx: Transaction, workspaceId: Uuid): Promise<Uuid | null> {
  const [row] = await query<{ logo_file_id: Uuid | null }>(trx, LOCK, [workspaceId]);
  return row?.logo_file_id ?? null;
}
