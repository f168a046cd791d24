import type { Database } from '../../db/pool.ts';

/** The purpose of files that are attached to mails. They are read through their mail, which has its own visibility. */
export const EMAIL_ATTACHMENT = 'email_attachment';

/** Names of types by the end of a file's name; everything else is `application/octet-stream`. */
const TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  csv: 'text/csv',
  ics: 'text/calendar',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  zip: 'application/zip',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
};

export function typeOfName(name: string): string {
  return TYPES[/\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}

/** Deletes the rows of uploads that no mail has after a day; their bytes are deleted as those of all files without a row. */
const DROP_UNUSED = {
  name: 'file.drop-unused-attachments',
  text: `
with gone as (
  delete from file f
  where f.purpose = '${EMAIL_ATTACHMENT}' and f.created_at < now() - interval '1 day'
    and not exists (select from email_content c
      where c.workspace_id = f.workspace_id and c.attachments::jsonb @> jsonb_build_array(jsonb_build_object('file_id', f.id)))
  returning f.workspace_id, f.size
)
update file_usage u set bytes = u.bytes - g.bytes
from (select workspace_id, sum(size)::bigint as bytes from gone group by workspace_id) g
where u.workspace_id = g.workspace_id returning u.workspace_id`,
};

export async function dropUnusedAttachments(db: Database): Promise<void> {
  await db.pool.query({ ...DROP_UNUSED, values: [] });
}
