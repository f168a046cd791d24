import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { FileStore, StoredFile } from '../../files/file-store.ts';
import type { FileUrls } from '../../files/file-url.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { jobType, type JobType } from '../../jobs/job.ts';
import type { PhoneAccounts } from './phone-accounts.ts';

/** `purpose` of the files of messages, and the scope that reading them takes. */
export const MEDIA_PURPOSE = 'message_media';
export const MAX_MEDIA_BYTES = 5 * 1024 * 1024;
/** Files that people can send; the bytes decide about images when they are read. */
export const MEDIA_TYPES = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'application/pdf',
  'audio/mpeg',
  'video/mp4',
];
/** How long a provider may fetch a file that is sent. */
const SIGNED_S = 4 * 3600;

/** A file of a message. */
export interface MessageMedia {
  position: number;
  content_type: string;
  url: string;
  source_url: string | null;
  file_id: Uuid | null;
  problem: string | null;
}

export type MediaUrls = (workspaceId: Uuid, messageId: Uuid) => Promise<string[]>;

const LIST = {
  name: 'message_media.list',
  text: `select position, content_type, url, source_url, file_id, problem from message_media
         where workspace_id = $1 and message_id = $2 order by position`,
};
const INSERT = {
  name: 'message_media.insert',
  text: `insert into message_media (workspace_id, message_id, position, content_type, url, source_url, file_id)
         select $1, $2, i.position, i.content_type, i.url, i.source_url, i.file_id
         from json_to_recordset($3::json)
           as i(position int, content_type text, url text, source_url text, file_id uuid)`,
};
const STORED = {
  name: 'message_media.stored',
  text: `update message_media set file_id = $4, source_url = null, content_type = $5, problem = null
         where workspace_id = $1 and message_id = $2 and position = $3 and file_id is null returning position`,
};
const FAILED = {
  name: 'message_media.failed',
  text: `update message_media set problem = $4, source_url = null
         where workspace_id = $1 and message_id = $2 and position = $3 and file_id is null`,
};
const CONNECTION = {
  name: 'message_media.connection',
  text: `select connection_id from message where workspace_id = $1 and id = $2 and deleted_at is null`,
};
const FREE_FILES = {
  name: 'message_media.free-files',
  text: `select id, content_type from file f
         where workspace_id = $1 and id = any($2::uuid[]) and purpose = '${MEDIA_PURPOSE}'`,
};

export function listMedia(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  messageId: Uuid,
): Promise<MessageMedia[]> {
  return db.read<MessageMedia>(LIST, [workspaceId, messageId]);
}

/** Where the API has a file of a message. */
export function mediaUrl(baseUrl: string, messageId: Uuid, position: number): string {
  return `${baseUrl}/api/v1/messages/${messageId}/media/${position}`;
}

export type NewMedia = Pick<MessageMedia, 'content_type' | 'source_url' | 'file_id'>;

/** Stores the files of a new message, before its row: its event has their URLs. */
export async function insertMedia(
  trx: Transaction,
  { workspaceId, id, baseUrl }: { workspaceId: Uuid; id: Uuid; baseUrl: string },
  media: readonly NewMedia[],
): Promise<void> {
  const rows = media.map((item, position) => ({ ...item, position, url: mediaUrl(baseUrl, id, position) }));
  await query(trx, INSERT, [workspaceId, id, JSON.stringify(rows)]);
}

/** Files that were uploaded for messages, in the order of their ids. Throws `validation_error`. */
export async function uploadedMedia(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<NewMedia[]> {
  const rows = await db.read<{ id: Uuid; content_type: string }>(FREE_FILES, [workspaceId, ids]);
  const types = new Map(rows.map((row) => [row.id, row.content_type]));
  return ids.map((id, at) => {
    const type = types.get(id);
    if (type === undefined) throw invalid(`media.${at}`, 'is not a file that was uploaded for a message');
    return { content_type: type, source_url: null, file_id: id };
  });
}

/** The signed URLs from which a provider fetches the files of a message. */
export function makeMediaUrls(
  db: Pick<Database, 'read'>,
  fileUrls: FileUrls,
  baseUrl: () => string,
): MediaUrls {
  return async (workspaceId, messageId) => {
    const media = await listMedia(db, workspaceId, messageId);
    return media.flatMap(({ file_id: id }) =>
      id === null ? [] : [baseUrl() + fileUrls.sign(workspaceId, id, SIGNED_S).path],
    );
  };
}

export interface MediaJobParts {
  db: Database;
  files: FileStore;
  http: HttpClient;
  accounts: PhoneAccounts;
  baseUrl(): string;
}

/** Fetches the files of a received message from its provider and stores them. */
export function mediaJob({
  db,
  files,
  http,
  accounts,
  baseUrl,
}: MediaJobParts): JobType<{ message_id: string }> {
  return jobType({
    name: 'message.fetch_media',
    payload: z.object({ message_id: z.uuid() }),
    async run({ workspaceId: sent, payload: { message_id: id }, signal, attempt }) {
      const workspaceId = sent!;
      const [row] = await db.read<{ connection_id: Uuid | null }>(CONNECTION, [workspaceId, id]);
      if (!row?.connection_id) return 'no message';
      const { account, provider } = await accounts.open(workspaceId, row.connection_id);
      const missing = (await listMedia(db, workspaceId, id)).filter(({ source_url: url }) => url !== null);
      for (const item of missing) {
        signal.throwIfAborted();
        const key = [workspaceId, id, item.position];
        try {
          const tools = { http, baseUrl: baseUrl() };
          const fetched = await provider.fetchFile(account, item.source_url!, MAX_MEDIA_BYTES, tools);
          await files.save(
            {
              workspace_id: workspaceId,
              purpose: MEDIA_PURPOSE,
              name: `${item.position + 1}.${extensionOf(fetched.contentType)}`,
              content_type: fetched.contentType,
              bytes: fetched.bytes,
              created_by: 'system',
            },
            async (trx, file) => {
              await query(trx, STORED, [...key, file.id, file.content_type]);
            },
          );
        } catch (error) {
          const isFinal = error instanceof ApiError && error.status < 500;
          if (!isFinal && attempt < ATTEMPTS) throw error;
          await db.read(FAILED, [...key, (error as Error).message.slice(0, 300)]);
        }
      }
      return `${missing.length} files`;
    },
    maxAttempts: ATTEMPTS,
  });
}

const ATTEMPTS = 6;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'application/pdf': 'pdf',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'video/mp4': 'mp4',
  'text/vcard': 'vcf',
};

function extensionOf(contentType: string): string {
  return EXTENSIONS[contentType] ?? 'bin';
}

/** The file of a message, to be downloaded. Throws `not_found`, and `conflict` while it is not stored here yet. */
export async function storedMedia(
  { db, files }: Pick<MediaJobParts, 'db' | 'files'>,
  workspaceId: Uuid,
  messageId: Uuid,
  position: number,
): Promise<StoredFile> {
  const item = (await listMedia(db, workspaceId, messageId)).find((media) => media.position === position);
  if (!item) throw new ApiError('not_found', 'The message has no such file.');
  if (item.file_id === null)
    throw new ApiError(
      item.problem === null ? 'conflict' : 'not_found',
      item.problem === null ? 'The file is still being fetched from the provider.' : item.problem,
    );
  const file = await files.get(workspaceId, item.file_id);
  if (!file) throw new ApiError('not_found', 'The file was deleted.');
  return file;
}
