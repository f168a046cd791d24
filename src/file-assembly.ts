import path from 'node:path';
import { makeWorkspaceLogos, type WorkspaceLogos } from './account/workspace-logo.ts';
import { makeFileStore, MEGABYTE, type FileStore } from './files/file-store.ts';
import { makeFileUrls, type FileUrls } from './files/file-url.ts';
import type { Foundation } from './foundation.ts';

export interface StoredFiles {
  files: FileStore;
  fileUrls: FileUrls;
  logos: WorkspaceLogos;
}

/** Files: in the database where several processes, perhaps on several machines, read them. */
export function assembleFiles({ config, db, clock, newId, log, sealer }: Foundation): StoredFiles {
  const files = makeFileStore({
    db,
    clock,
    newId,
    log,
    dir: path.join(config.dataDir, 'files'),
    storage: config.databaseUrl === '' ? 'disk' : 'database',
    limits: { file: config.fileMaxMb * MEGABYTE, workspace: config.workspaceFilesMaxMb * MEGABYTE },
  });
  const fileUrls = makeFileUrls(sealer.derive('file url'), clock);
  return { files, fileUrls, logos: makeWorkspaceLogos({ db, files, urls: fileUrls }) };
}
