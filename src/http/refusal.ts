import type { FastifyRequest } from 'fastify';
import { ApiError, type ErrorCode } from '../base/errors.ts';

const JSON_ALONE = {
  types: ['application/json'],
  message: 'Send JSON, with Content-Type: application/json.',
};
/** What a path that takes forms takes. */
export const JSON_OR_FORM = {
  types: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
  message:
    'Send JSON, with Content-Type: application/json, or a form, as application/x-www-form-urlencoded or multipart/form-data.',
};

/** Says what the path takes in place of what was sent. */
export function unsupportedMediaType(request: FastifyRequest): ApiError {
  const { types, message } = request.routeOptions.config.takesForms ? JSON_OR_FORM : JSON_ALONE;
  return new ApiError('unsupported_media_type', message, {
    headers: { accept: types.join(', ') },
  });
}

/** Fastify's own refusals. */
const REFUSALS: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'payload_too_large',
    'The body is larger than this path takes, which is 1 MiB for most.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['validation_error', 'The body is not as long as Content-Length says.'],
  FST_ERR_BAD_URL: ['not_found', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing at this path.'],
};

/** An error that the client should see, Fastify's own refusals in our words; null for a fault of ours. */
export function shownError(
  error: Error & { statusCode?: number; code?: string },
  request: FastifyRequest,
): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType(request);
  const entry = error.code ? REFUSALS[error.code] : undefined;
  if (entry) return new ApiError(...entry);
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500
    ? new ApiError('validation_error', 'The request can not be read.')
    : null;
}
