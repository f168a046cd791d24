const BASE = '/api/v1';

export interface FieldError {
  field: string;
  message: string;
}

/** An error response of the API, or a failed connection with the code `offline`. */
export class ApiError extends Error {
  /** 0 without a response. */
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldError[];
  readonly requestId: string | null;
  /** From `Retry-After`. */
  readonly retryAfterS: number | null;

  constructor(response: {
    status: number;
    code: string;
    message: string;
    fields?: readonly FieldError[];
    requestId?: string | null;
    retryAfterS?: number | null;
  }) {
    super(response.message);
    this.status = response.status;
    this.code = response.code;
    this.fields = response.fields ?? [];
    this.requestId = response.requestId ?? null;
    this.retryAfterS = response.retryAfterS ?? null;
  }
}

/** A validation error in the shape of the API, for input that cannot be sent. */
export function validationError(field: string, message: string): ApiError {
  return new ApiError({ status: 400, code: 'validation_error', message, fields: [{ field, message }] });
}

/** True for 412: another user changed the record first. */
export function isConflict(error: Error): boolean {
  return error instanceof ApiError && error.status === 412;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface Call {
  /** The URL prefix; `/api/v1` by default. */
  base?: string;
  query?: Query;
  body?: unknown;
  /** Sent as the body, in place of JSON. */
  file?: Blob;
  /** The expected version; the API responds with 412 if the record has another. */
  ifMatch?: number;
  /** Asks a POST to respond with the record and the usual errors, where its default response is another. */
  prefersRecord?: boolean;
  signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Calls the API with the session cookie of the browser.
 * @param path below the base
 * @returns the JSON of the response; undefined for 204
 * @throws ApiError
 */
export async function call<T>(method: Method, path: string, options: Call = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.ifMatch !== undefined) headers['if-match'] = `"${options.ifMatch}"`;
  if (options.prefersRecord) headers['prefer'] = 'return=representation';
  if (method === 'POST') headers['idempotency-key'] = idempotencyKey();
  if (options.file) headers['content-type'] = 'application/octet-stream';
  const response = await send(`${options.base ?? BASE}${path}${queryText(options.query)}`, {
    method,
    headers,
    credentials: 'same-origin',
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    ...(options.file && { body: options.file }),
    ...(options.signal && { signal: options.signal }),
  });
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Retries a POST once after a connection error. Its idempotency key prevents a second execution. */
async function send(url: string, request: RequestInit): Promise<Response> {
  const attempts = request.method === 'POST' ? 2 : 1;
  for (let attemptsLeft = attempts; ; attemptsLeft -= 1) {
    try {
      return await fetch(url, request);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      if (attemptsLeft <= 1) {
        const message = 'The server cannot be reached. Check your connection, then try again.';
        throw new ApiError({ status: 0, code: 'offline', message });
      }
    }
  }
}

async function errorOf(answer: Response): Promise<ApiError> {
  const requestId = answer.headers.get('x-request-id');
  const retryAfter = Number(answer.headers.get('retry-after'));
  const common = { status: answer.status, requestId, retryAfterS: retryAfter > 0 ? retryAfter : null };
  try {
    const response = (await answer.json()) as ErrorResponse;
    return new ApiError({ ...common, ...response.error, requestId: response.error.request_id ?? requestId });
  } catch {
    // A proxy may respond with something other than our JSON.
    return new ApiError({
      ...common,
      code: 'server_error',
      message: `The server responded with ${answer.status}.`,
    });
  }
}

interface ErrorResponse {
  error: { code: string; message: string; fields?: FieldError[]; request_id?: string };
}

function queryText(query: Query = {}): string {
  const sent = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return sent.length > 0 ? `?${new URLSearchParams(sent).toString()}` : '';
}

/** `crypto.randomUUID` requires HTTPS or localhost. A dashboard on a local network may have neither. */
function idempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
