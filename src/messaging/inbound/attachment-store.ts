import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { FileStore } from '../../files/file-store.ts';
import { readImageHeader } from '../../files/image-header.ts';
import type { RecurringJob } from '../../jobs/recurring-job.ts';
import type { ParsedAttachment } from './parsed-email.ts';

/** Files of mails that the team may read: `emails:read` reads them. */
export const EMAIL_ATTACHMENT = 'email_attachment';
/** Files of private mails: only their member reads them, through the content of the mail. */
export const PRIVATE_ATTACHMENT = 'private_email_attachment';

/** An attachment as `email_content.attachments` has it. */
export interface StoredAttachment {
  /** Null if it was not stored; `problem` says why. */
  file_id: Uuid | null;
  name: string;
  /** As the sender says; the file itself has the type that its bytes have. */
  content_type: string;
  size: number;
  content_id: string | null;
  problem?: 'too_large' | 'no_space' | 'too_many';
}

const MAX_ATTACHMENTS = 100;

const LINK = {
  name: 'email_file.link',
  text: 'insert into email_file (workspace_id, file_id, email_id, created_at) values ($1, $2, $3, $4)',
};
/** The bytes follow with `FileStore.removeOrphans`. */
const DELETE_FILES = `
with gone as (
  delete from file f using found where f.workspace_id = found.workspace_id and f.id = found.file_id
  returning f.workspace_id, f.size
)
update file_usage u set bytes = u.bytes - g.size
from (select workspace_id, sum(size) as size from gone group by workspace_id) g
where u.workspace_id = g.workspace_id`;
const DELETE_BY_EMAIL = {
  name: 'email_file.delete-by-email',
  text: `with found as (select workspace_id, file_id from email_file where workspace_id = $1 and email_id = $2),
         ${DELETE_FILES.replace(/^\s*with /, '')}`,
};
const DELETE_UNUSED = {
  name: 'email_file.delete-unused',
  text: `with found as (
           select e.workspace_id, e.file_id from email_file e
           where e.created_at < $1 and not exists (
             select from email m where m.workspace_id = e.workspace_id and m.id = e.email_id)
           limit 1000
         ), ${DELETE_FILES.replace(/^\s*with /, '')}`,
};

const HOUR_MS = 3_600_000;

export interface AttachmentStoreParts {
  db: Database;
  clock: Clock;
  files: FileStore;
}

/**
 * Stores the attachments of a mail that is not written yet. One that is too large, or has no room, is listed without
 * its file: it never keeps the mail itself from being stored.
 */
export async function storeAttachments(
  { clock, files }: AttachmentStoreParts,
  email: { workspaceId: Uuid; id: Uuid; visibility: 'team' | 'private'; actor: string },
  attachments: readonly ParsedAttachment[],
): Promise<StoredAttachment[]> {
  const stored: StoredAttachment[] = [];
  for (const { name, contentType, contentId, bytes } of attachments) {
    const listed = { name, content_type: contentType, size: bytes.length, content_id: contentId };
    if (bytes.length === 0) continue;
    if (stored.length === MAX_ATTACHMENTS) {
      stored.push({ file_id: null, ...listed, problem: 'too_many' });
      break;
    }
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    try {
      const file = await files.save(
        {
          workspace_id: email.workspaceId,
          purpose: email.visibility === 'private' ? PRIVATE_ATTACHMENT : EMAIL_ATTACHMENT,
          name,
          content_type: readImageHeader(content)?.type ?? 'application/octet-stream',
          created_by: email.actor,
          bytes: content,
        },
        async (trx, { id }) =>
          void (await query(trx, LINK, [email.workspaceId, id, email.id, isoTime(clock.now())])),
      );
      stored.push({ file_id: file.id, ...listed });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'payload_too_large') stored.push({ file_id: null, ...listed, problem: 'too_large' });
      else if (error.code === 'limit_reached') stored.push({ file_id: null, ...listed, problem: 'no_space' });
      else throw error;
    }
  }
  return stored;
}

/** Deletes the files of a mail that is erased. */
export async function deleteEmailFiles(trx: Transaction, workspaceId: Uuid, emailId: Uuid): Promise<void> {
  await query(trx, DELETE_BY_EMAIL, [workspaceId, emailId]);
}

/** Deletes files whose mail was never written, because the process died in between. */
export function unusedFilesJob({ db }: { db: Database }): RecurringJob {
  return {
    name: 'messaging.unused_files',
    everyMs: HOUR_MS,
    async run() {
      const before = isoTime(Date.now() - HOUR_MS);
      await query(db.pool, DELETE_UNUSED, [before]);
    },
  };
}
