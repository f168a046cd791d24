import { MEGABYTE } from '../../files/file-store.ts';

export const MAX_ATTACHMENTS = 10;
/** Most mail systems refuse mails of more than 25 MB; base64 adds a third. */
export const MAX_ATTACHMENT_BYTES = 15 * MEGABYTE;
/** Of all attachments of a mail. */
export const MAX_TOTAL_BYTES = 18 * MEGABYTE;
