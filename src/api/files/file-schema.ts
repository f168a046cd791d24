import { z } from 'zod';
import type { StoredFile } from '../../files/file-store.ts';
import type { FileUrls } from '../../files/file-url.ts';

export const fileShape = z
  .object({
    id: z.uuid(),
    purpose: z.string().meta({ description: 'What the file is for, such as `workspace_logo`.' }),
    name: z.string(),
    content_type: z.string().meta({ description: 'Read from the bytes, never from the request.' }),
    size: z.int().meta({ description: 'In bytes.' }),
    sha256: z.string().meta({ description: 'In hexadecimal.' }),
    url: z.url().meta({ description: 'Downloads the file without a key, until `url_expires_at`.' }),
    url_expires_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'File' });

const URL_LIFETIME_S = 60 * 60;

/** A file as the API shows it. */
export function showFile(file: StoredFile, { urls, baseUrl }: { urls: FileUrls; baseUrl(): string }) {
  const { path, expiresAt } = urls.sign(file.workspace_id, file.id, URL_LIFETIME_S);
  return {
    id: file.id,
    purpose: file.purpose,
    name: file.name,
    content_type: file.content_type,
    size: file.size,
    sha256: file.sha256.toString('hex'),
    url: baseUrl() + path,
    url_expires_at: new Date(expiresAt).toISOString(),
    created_at: file.created_at,
  };
}
