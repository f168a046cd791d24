import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { FileStore } from '../../files/file-store.ts';
import { route, type Route } from '../../http/route.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Email } from '../emails/email-fields.ts';
import { sanitizeHtml } from '../emails/email-html.ts';
import type { StoredAttachment } from '../emails/email-insert-gate.ts';
import { readableEmail } from '../emails/email-routes.ts';
import type { EmailInput } from '../emails/email.ts';

export interface EmailFrameParts {
  db: Database;
  files: Pick<FileStore, 'get' | 'read'>;
  emails: RecordService<Email, EmailInput>;
}

const READ = {
  name: 'email_content.frame',
  text: 'select html, attachments from email_content where workspace_id = $1 and email_id = $2',
};

/** Of all pictures that are part of a mail, in bytes. */
const MAX_PICTURES_BYTES = 5 * 1024 * 1024;
const MAX_PICTURES = 50;
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

const HEAD =
  '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><base target="_blank"><style>body{margin:12px;background:#fff;color:#111;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}</style>';

/**
 * The headers decide, however the page is opened: it is an origin of its own, without scripts, forms and frames. Pictures of the
 * web tell the sender that, when and where a mail is read.
 */
function headersFor(pictures: boolean): Record<string, string> {
  const sources = pictures ? 'data: https: http:' : 'data:';
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; img-src ${sources}; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  };
}

/** A mail as a page, for a frame. */
export function emailFrameRoute(parts: EmailFrameParts): Route {
  const { db, files } = parts;
  return route<undefined, { pictures: boolean }>({
    method: 'GET',
    path: '/api/v1/emails/:id/frame',
    scope: 'emails:read',
    tag: 'emails',
    summary: 'Get an email as a page',
    description:
      'HTML without scripts, for a frame. Pictures of other servers are shown only with `pictures=true`: they tell the sender that the email is read.',
    query: z.strictObject({
      pictures: z
        .stringbool()
        .default(false)
        .meta({ description: 'Whether pictures of other servers are shown.' }),
    }),
    streams: 'text/html',
    answers: { 200: z.string().describe('The page.'), 404: 'No email with this id that you may read.' },
    async handle({ caller, params, query: { pictures } }) {
      const { id } = await readableEmail(parts, caller, params['id']!);
      const [row] = await db.read<{ html: string | null; attachments: StoredAttachment[] }>(READ, [
        caller.workspaceId,
        id,
      ]);
      const html = await sanitizeHtml(row?.html ?? '');
      const shown = await withPictures(files, caller.workspaceId, html, row?.attachments ?? []);
      return { status: 200, body: null, bytes: Buffer.from(HEAD + shown), headers: headersFor(pictures) };
    },
  });
}

const CID = /\bcid:([^"'\s)>]{1,300})/gi;

/** Pictures that are attached take the place of their `cid:`. */
async function withPictures(
  files: EmailFrameParts['files'],
  workspaceId: Uuid,
  html: string,
  attachments: readonly StoredAttachment[],
): Promise<string> {
  const named = new Set([...html.matchAll(CID)].slice(0, 1_000).map(([, id]) => id!));
  const pictures = new Map<string, string>();
  let left = MAX_PICTURES_BYTES;
  for (const { content_id: contentId, file_id: fileId, size } of attachments) {
    if (contentId === null || fileId === null || !named.has(contentId) || size > left) continue;
    if (pictures.size === MAX_PICTURES) break;
    const file = await files.get(workspaceId, fileId);
    if (!file || !PICTURE.test(file.content_type)) continue;
    left -= size;
    pictures.set(
      contentId,
      `data:${file.content_type};base64,${(await files.read(file)).toString('base64')}`,
    );
  }
  return html.replaceAll(CID, (whole, id: string) => pictures.get(id) ?? whole);
}
