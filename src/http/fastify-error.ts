import type { FastifyRequest } from 'fastify';
import { ApiError, type ErrorCode } from '../base/errors.ts';
import { isExclusionViolation } from '../db/failure.ts';
import { bodyTooLarge } from './body.ts';

const JSON_ALONE = {
  types: ['application/json'],
  message: 'Send JSON, with Content-Type: application/json.',
};
/** The message on paths that accept forms. */
export const JSON_OR_FORM = {
  types: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
  message:
    'Send JSON, with Content-Type: application/json, or a form, as application/x-www-form-urlencoded or multipart/form-data.',
};

const FILE = {
  types: ['multipart/form-data', 'application/octet-stream'],
  message: 'Send the bytes of the file, or a form with one file, as multipart/form-data.',
};

/** The error that names the accepted media types. */
export function unsupportedMediaType(request: FastifyRequest): ApiError {
  const { takesForms, takesFile } = request.routeOptions.config;
  const { types, message } = takesFile ? FILE : takesForms ? JSON_OR_FORM : JSON_ALONE;
  return new ApiError('unsupported_media_type', message, {
    headers: { accept: types.join(', ') },
  });
}

/** Error codes of Fastify with the code and message of the API. */
const REFUSALS: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'validation_error',
    'The length of the body differs from Content-Length.',
  ],
  FST_ERR_BAD_URL: ['not_found', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing at this path.'],
};

/** The error for the client, with Fastify's own errors converted; null for a server fault. */
export function shownError(
  error: Error & { statusCode?: number; code?: string },
  request: FastifyRequest,
): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType(request);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge();
  if (isExclusionViolation(error)) return new ApiError('slot_taken', 'The time overlaps another record.');
  const entry = error.code ? REFUSALS[error.code] : undefined;
  if (entry) return new ApiError(...entry);
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500
    ? new ApiError('validation_error', 'The request cannot be read.')
    : null;
}
