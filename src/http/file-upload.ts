import type { FastifyInstance } from 'fastify';
import { addBodyReader } from './body.ts';
import { multipartFile } from './multipart-body.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of the uploaded file; null if the request has no body. */
    upload: Buffer | null;
  }
}

/** What a multipart body may have besides the file: delimiters, headers, small fields. */
export const MULTIPART_OVERHEAD_BYTES = 16 * 1024;

/**
 * Reads bodies as files, in a scope with such routes alone: a multipart body with one file, or the bytes themselves
 * whatever their Content-Type, which decides nothing (`curl -T` sends none, `--data-binary` sends that of a form).
 */
export function readUploads(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  addBodyReader(scope, '*', (request, bytes) => {
    request.upload = bytes;
    return undefined;
  });
  addBodyReader(scope, /^multipart\/form-data\s*(;|$)/i, (request, bytes) => {
    request.upload = multipartFile(bytes, request.headers['content-type']!);
    return undefined;
  });
}
