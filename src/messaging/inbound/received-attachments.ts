import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { FileStore } from '../../files/file-store.ts';
import { readImageHeader } from '../../files/image-header.ts';
import { EMAIL_ATTACHMENT } from '../emails/attachment-store.ts';
import type { StoredAttachment } from '../emails/email-insert-gate.ts';
import type { ParsedAttachment } from './parsed-email.ts';

const MAX_ATTACHMENTS = 100;

/**
 * Stores the attachments of a mail that is not written yet; if it never is, they are deleted as unused uploads. One that is
 * too large, or has no room, is listed without its file: it never keeps the mail itself from being stored.
 */
export async function storeAttachments(
  files: FileStore,
  owner: { workspaceId: Uuid; actor: string },
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
    stored.push(await storeOne(files, owner, bytes, listed));
  }
  return stored;
}

async function storeOne(
  files: FileStore,
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  bytes: Uint8Array,
  listed: Omit<StoredAttachment, 'file_id' | 'problem'>,
): Promise<StoredAttachment> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const { id } = await files.save(
      {
        workspace_id: workspaceId,
        purpose: EMAIL_ATTACHMENT,
        name: listed.name,
        content_type: readImageHeader(content)?.type ?? 'application/octet-stream',
        created_by: actor,
        bytes: content,
      },
      () => Promise.resolve(),
    );
    return { file_id: id, ...listed };
  } catch (error) {
    const code = error instanceof ApiError ? error.code : '';
    if (code === 'payload_too_large') return { file_id: null, ...listed, problem: 'too_large' };
    if (code === 'limit_reached') return { file_id: null, ...listed, problem: 'no_space' };
    throw error;
  }
}
