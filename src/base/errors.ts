/** Every error code of the API with its HTTP status (AX2); http/error-response.ts makes the body. */
export const ERROR_STATUS = {
  validation_error: 400,
  unauthorized: 401,
  api_key_expired: 401,
  forbidden: 403,
  limit_reached: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  slot_taken: 409,
  gone: 410,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  rate_limited: 429,
  server_error: 500,
  not_configured: 503,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** One invalid field; `field` is a dotted path into the body, or a parameter's name. */
export interface FieldError {
  field: string;
  message: string;
}

/** An error for the client: its code determines the status, its message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly fields: FieldError[] | undefined;
  /** Whether a schema refused the fields, and the message only sums them up. */
  readonly isSummary: boolean;
  /** Additional response headers, such as `retry-after` (whole seconds), `allow` or `accept-encoding`. */
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      fields?: FieldError[];
      isSummary?: boolean;
      retryAfter?: number;
      allow?: string;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.fields = more.fields;
    this.isSummary = more.isSummary ?? false;
    this.headers = {
      ...more.headers,
      ...(more.retryAfter !== undefined && { 'retry-after': String(more.retryAfter) }),
      ...(more.allow !== undefined && { allow: more.allow }),
    };
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

/** The error for an invalid field: `validation_error` with the field's name. */
export function invalid(field: string, message: string): ApiError {
  return new ApiError('validation_error', `${field}: ${message}`, { fields: [{ field, message }] });
}

/** The store is temporarily unavailable and nothing was written; the client may retry. */
export function unavailable(message: string, retryAfter = 1): ApiError {
  return new ApiError('unavailable', message, { retryAfter });
}

/** Exit codes of commands that fail; success is 0. Scripts rely on them (docs/requirements.md, section 15). */
export const EXIT = { failed: 1, usage: 2, notFound: 3, notAllowed: 4, tryAgain: 75 } as const;

/** A startup error; printed as one line, without a stack trace. */
export class StartError extends Error {
  override readonly name = 'StartError';
  /** The exit code of a command. A server that cannot start always exits with 1. */
  readonly exit: number;

  constructor(message: string, { exit = EXIT.failed, ...options }: ErrorOptions & { exit?: number } = {}) {
    super(message, options);
    this.exit = exit;
  }
}
