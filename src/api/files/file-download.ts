import type { FastifyInstance } from 'fastify';
import { ApiError } from '../../base/errors.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { FileUrls } from '../../files/file-url.ts';
import { fileHeaders } from '../../http/file-response.ts';

/** The content of a file never changes; a deleted one is out of caches within the hour. */
const CACHE_CONTROL = 'private, max-age=3600';

/** Downloads by signed URLs, without a key or session: `GET /files/<token>`. */
export function mountFileDownloads(app: FastifyInstance, files: FileStore, urls: FileUrls): void {
  app.get<{ Params: { token: string } }>('/files/:token', async ({ params }, reply) => {
    const named = urls.open(params.token);
    const file = named && (await files.get(named.workspaceId, named.id));
    if (!file) throw new ApiError('not_found', 'The file was not found, or its URL has expired.');
    const bytes = await files.read(file);
    return reply.headers({ ...fileHeaders(file), 'cache-control': CACHE_CONTROL }).send(bytes);
  });
}
