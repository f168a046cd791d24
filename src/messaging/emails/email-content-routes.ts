import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { FileStore } from '../../files/file-store.ts';
import { fileHeaders } from '../../http/file-response.ts';
import { route, type Route } from '../../http/route.ts';
import type { RecordService } from '../../record/record-service.ts';
import { MAIL_PROBLEMS } from '../inbound/parsed-email.ts';
import { MAX_ATTACHMENT_BYTES } from './attachment-limit.ts';
import { EMAIL_ATTACHMENT, typeOfName } from './attachment-store.ts';
import type { Email } from './email-fields.ts';
import type { EmailEnvelope, StoredAttachment } from './email-insert-gate.ts';
import { readableEmail } from './email-routes.ts';
import type { EmailInput } from './email.ts';

export interface EmailContentParts {
  db: Database;
  files: FileStore;
  emails: RecordService<Email, EmailInput>;
}

const attachmentShape = z.object({
  name: z.string(),
  content_type: z.string(),
  size: z.int(),
  content_id: z.string().nullable().meta({ description: 'For `cid:` in the HTML.' }),
  url: z
    .string()
    .nullable()
    .meta({ description: 'Path of the route that downloads it; null if it was not stored.' }),
  problem: z
    .enum(['too_large', 'no_space', 'too_many'])
    .nullable()
    .meta({ description: 'Why an attachment of a received email was not stored.' }),
});

const contentShape = z
  .object({
    from: z.string().nullable(),
    from_name: z.string().nullable(),
    to: z.string().nullable(),
    to_name: z.string().nullable(),
    cc: z.array(z.string()),
    bcc: z.array(z.string()),
    dropped_recipients: z.array(z.string()).meta({
      description: 'Cc and Bcc recipients that it was not sent to: they are on the suppression list.',
    }),
    subject: z.string().nullable(),
    html: z
      .string()
      .nullable()
      .meta({ description: 'Show it in a sandbox only: of a mail that was received, a stranger wrote it.' }),
    text: z.string().nullable(),
    attachments: z.array(attachmentShape),
    problem: z
      .enum(MAIL_PROBLEMS)
      .nullable()
      .meta({ description: 'Why the content of a received email was not read; the original is attached.' }),
  })
  .meta({ id: 'EmailContent' });

const uploadShape = z
  .object({ id: z.uuid(), name: z.string(), content_type: z.string(), size: z.int() })
  .meta({ id: 'EmailAttachment' });

interface Row {
  html: string | null;
  text: string | null;
  envelope: EmailEnvelope | null;
  attachments: StoredAttachment[];
  dropped_recipients: string[];
}

const READ = {
  name: 'email_content.read',
  text: `select html, text, envelope, attachments, dropped_recipients from email_content
         where workspace_id = $1 and email_id = $2`,
};

/** A file name as mail clients show it: without a path and control characters. */
const fileName = z
  .string()
  .min(1)
  .max(200)
  .transform((name) =>
    name
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029/\\]+/gu, '_')
      .trim(),
  )
  .refine((name) => name !== '', 'must not be empty');

/** The text of a mail, and its attachments. */
export function emailContentRoutes(parts: EmailContentParts): Route[] {
  const { db, files } = parts;
  const read = async (workspaceId: Uuid, id: string) => (await db.read<Row>(READ, [workspaceId, id]))[0];
  return [
    route({
      method: 'GET',
      path: '/api/v1/emails/:id/content',
      scope: 'emails:read',
      tag: 'emails',
      summary: 'Get the content of an email',
      description: 'Of a private email only its member, and keys of that member.',
      answers: { 200: contentShape, 404: 'No email with this id that you may read.' },
      async handle({ caller, params }) {
        const { id, ...email } = await readableEmail(parts, caller, params['id']!);
        const content = await read(caller.workspaceId, id);
        const envelope = { ...content?.envelope, ...(email.visibility === 'team' && shownEnvelope(email)) };
        return {
          status: 200,
          body: {
            from: envelope.from || null,
            from_name: envelope.from_name ?? null,
            to: envelope.to ?? null,
            to_name: envelope.to_name ?? null,
            cc: [...(envelope.cc ?? [])],
            bcc: [...(envelope.bcc ?? [])],
            dropped_recipients: content?.dropped_recipients ?? [],
            subject: envelope.subject ?? null,
            problem: envelope.problem ?? null,
            html: content?.html ?? null,
            text: content?.text ?? null,
            attachments: (content?.attachments ?? []).map((item, at) => ({
              name: item.name,
              content_type: item.content_type,
              size: item.size,
              content_id: item.content_id,
              url: item.file_id === null ? null : `/api/v1/emails/${id}/attachments/${at}`,
              problem: item.problem ?? null,
            })),
          },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/emails/:id/attachments/:index',
      params: { index: /^\d{1,3}$/ },
      scope: 'emails:read',
      tag: 'emails',
      summary: 'Download an attachment of an email',
      description: 'By its place in `attachments` of the content, from 0.',
      streams: 'application/octet-stream',
      answers: {
        200: z.string().meta({ format: 'binary' }).describe('The bytes.'),
        404: 'No such attachment.',
      },
      async handle({ caller, params }) {
        const { id } = await readableEmail(parts, caller, params['id']!);
        const stored = (await read(caller.workspaceId, id))?.attachments[Number(params['index'])];
        const file = stored?.file_id && (await files.get(caller.workspaceId, stored.file_id));
        if (!file) throw new ApiError('not_found', 'There is no such attachment.');
        return { status: 200, body: null, bytes: await files.read(file), headers: fileHeaders(file) };
      },
    }),
    route<undefined, { name: string }>({
      method: 'POST',
      path: '/api/v1/email-attachments',
      scope: 'emails:send',
      tag: 'emails',
      summary: 'Upload an attachment',
      description:
        'Its bytes as the body, at most 15 MB. Send its id in `attachments` of `POST /emails` within a day.',
      query: z.strictObject({ name: fileName.meta({ description: 'File name, as in `offer.pdf`.' }) }),
      takesFile: { maxBytes: MAX_ATTACHMENT_BYTES, types: ['application/octet-stream'] },
      answers: { 201: uploadShape, 413: 'The file is too large.' },
      async handle({ caller, upload, query }) {
        if (!upload || upload.length === 0) throw invalid('file', 'is required');
        const { id, name, content_type, size } = await files.save(
          {
            workspace_id: caller.workspaceId,
            purpose: EMAIL_ATTACHMENT,
            name: query.name,
            content_type: typeOfName(query.name),
            created_by: caller.actor,
            bytes: upload,
          },
          () => Promise.resolve(),
        );
        return { status: 201, body: { id, name, content_type, size } };
      },
    }),
  ];
}

function shownEnvelope({ from, from_name, to, to_name, cc, bcc, subject }: Omit<Email, 'id'>) {
  return { from, from_name, to, to_name, cc, bcc, subject };
}
