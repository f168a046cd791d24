const BASE = '/api/v1';

export interface FieldError {
  field: string;
  message: string;
}

/** An answer that is no success, in the API's own words; or none at all, with the code `offline`. */
export class ApiError extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldError[];
  readonly requestId: string | null;
  /** What `Retry-After` says. */
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

/** What the API would say of a field, where it need not be asked: the text in it can not be sent. */
export function refusal(field: string, message: string): ApiError {
  return new ApiError({ status: 400, code: 'validation_error', message, fields: [{ field, message }] });
}

/** Somebody else changed meanwhile what was to be changed. */
export function isConflict(error: Error): boolean {
  return error instanceof ApiError && error.status === 412;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface Call {
  /** Above the path; the API's own where it is left out. */
  base?: string;
  query?: Query;
  body?: unknown;
  /** The version that a change is meant for; 412 where the record is at another. */
  ifMatch?: number;
  /** The answer to a POST is the record, with errors in the usual shape, where the API has another one by default. */
  prefersRecord?: boolean;
  signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Calls the API as the person whose session cookie the browser holds.
 * @param path below the base
 * @returns the answer's JSON; undefined for 204
 * @throws ApiError
 */
export async function call<T>(method: Method, path: string, options: Call = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.ifMatch !== undefined) headers['if-match'] = `"${options.ifMatch}"`;
  if (options.prefersRecord) headers['prefer'] = 'return=representation';
  if (method === 'POST') headers['idempotency-key'] = idempotencyKey();
  const answer = await send(`${options.base ?? BASE}${path}${queryText(options.query)}`, {
    method,
    headers,
    credentials: 'same-origin',
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    ...(options.signal && { signal: options.signal }),
  });
  if (!answer.ok) throw await errorOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** A POST whose connection broke is sent once more: its idempotency key keeps it from being done twice. */
async function send(url: string, request: RequestInit): Promise<Response> {
  const attempts = request.method === 'POST' ? 2 : 1;
  for (let left = attempts; ; left -= 1) {
    try {
      return await fetch(url, request);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      if (left <= 1) {
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
    // A proxy in between speaks for itself, and not our JSON.
    return new ApiError({ ...common, code: 'server_error', message: `The answer was ${answer.status}.` });
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

/** `crypto.randomUUID` is there on HTTPS and localhost alone; a dashboard in a home network is on neither. */
function idempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
