import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { ApiError } from '../../base/errors.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { FileUrls } from '../../files/file-url.ts';
import { fileHeaders } from '../../http/file-response.ts';
import { route, type Route } from '../../http/route.ts';
import { fileShape, showFile } from './file-schema.ts';

export interface FileRouteParts {
  files: FileStore;
  fileUrls: FileUrls;
  baseUrl(): string;
  /** The scope that reading a file takes, by its purpose; null: everyone in the workspace. */
  purposes: Readonly<Record<string, string | null>>;
}

const UNKNOWN = 'No file with this id.';

/** Reads files of the caller's workspace. They are uploaded by the routes of what they belong to. */
export function fileRoutes({ files, fileUrls: urls, baseUrl, purposes }: FileRouteParts): Route[] {
  async function readable(caller: Caller, id: string) {
    const file = await files.get(caller.workspaceId, id);
    const scope = file && purposes[file.purpose];
    if (!file || scope === undefined) throw new ApiError('not_found', UNKNOWN);
    if (scope !== null && !caller.may(scope))
      throw new ApiError('forbidden', `Reading this file requires the scope ${scope}.`);
    return file;
  }
  const common = { method: 'GET', scope: null, tag: 'files' } as const;
  return [
    route({
      ...common,
      path: '/api/v1/files/:id',
      summary: 'Get a file',
      description: 'Its `url` downloads it without a key, for one to two hours.',
      answers: { 200: fileShape, 404: UNKNOWN },
      handle: async ({ caller, params }) => ({
        status: 200,
        body: showFile(await readable(caller, params['id']!), { urls, baseUrl }),
      }),
    }),
    route({
      ...common,
      path: '/api/v1/files/:id/content',
      summary: 'Download a file',
      description:
        'Always as an attachment; any type but PNG, JPEG, WebP and GIF as `application/octet-stream`.',
      streams: 'application/octet-stream',
      answers: { 200: z.string().meta({ format: 'binary' }).describe('The bytes.'), 404: UNKNOWN },
      async handle({ caller, params }) {
        const file = await readable(caller, params['id']!);
        return { status: 200, body: null, bytes: await files.read(file), headers: fileHeaders(file) };
      },
    }),
  ];
}
