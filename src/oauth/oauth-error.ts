import { z } from 'zod';
import type { ApiError, ErrorCode } from '../base/errors.ts';
import type { ErrorStyle } from '../http/route.ts';

/** The errors of RFC 6749, 7009, 7591, 8707 and 9207 that this server answers, with their status. */
const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  access_denied: 403,
} as const;

export type OAuthErrorCode = keyof typeof STATUS;

/** An error of the protocol; its description is for the people who make or use the app. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, description: string) {
    super(description);
    this.code = code;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** The codes for errors that every route has, such as of a body that cannot be read. */
const COMMON: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'invalid_client',
  rate_limited: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
  server_error: 'server_error',
};

/** The body of an error (RFC 6749, section 5.2). */
export function oauthErrorBody(code: string, description: string): string {
  return JSON.stringify({ error: code, error_description: description });
}

/** Errors of the endpoints that apps call. */
export const OAUTH_ERRORS: ErrorStyle = {
  body: ({ code, message }: ApiError) => oauthErrorBody(COMMON[code] ?? 'invalid_request', message),
  shape: z.object({ error: z.string(), error_description: z.string() }),
};
