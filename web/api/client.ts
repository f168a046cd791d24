import createClient from 'openapi-fetch';
import type { paths } from './schema.d.ts';

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

/** Parameters of a query; undefined and '' are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * A client with the session cookie of the browser. A call rejects with ApiError for any response but a 2xx; `dataOf`
 * takes the body out of the others.
 */
export function makeClient<Paths extends object>() {
  const client = createClient<Paths>({
    credentials: 'same-origin',
    headers: { accept: 'application/json' },
    querySerializer: queryText,
    fetch: send,
  });
  client.use({ onRequest: addIdempotencyKey, onResponse: throwError, onError: offlineError });
  return client;
}

/** The API: paths, parameters, bodies and responses are those of openapi.json. */
export const api = makeClient<paths>();

function addIdempotencyKey({ request }: { request: Request }): void {
  if (request.method === 'POST') request.headers.set('idempotency-key', idempotencyKey());
}

async function throwError({ response }: { response: Response }): Promise<void> {
  if (!response.ok) throw await errorOf(response);
}

function offlineError({ request }: { request: Request }): ApiError | undefined {
  if (request.signal.aborted) return undefined;
  const message = 'The server cannot be reached. Check your connection, then try again.';
  return new ApiError({ status: 0, code: 'offline', message });
}

/** The body of a successful response; undefined for 204. */
export async function dataOf<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  // The client has thrown ApiError for every other response.
  return data as Data;
}

type Defined<T> = { [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name] } & {
  [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined>;
};

/** The value without its undefined properties: the types of openapi.json distinguish them from omitted ones. */
export function defined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** The expected version; the API responds with 412 if the record has another. */
export function ifMatch(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` };
}

/** Asks a POST to respond with the record and the usual errors, where its default response is another. */
export const PREFERS_RECORD = { prefer: 'return=representation' };

/** Retries a POST once after a connection error. Its idempotency key prevents a second execution. */
async function send(request: Request): Promise<Response> {
  if (request.method !== 'POST') return fetch(request);
  const again = request.clone();
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    return fetch(again);
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

function queryText(query: object): string {
  const sent = Object.entries(query).flatMap(([name, value]: [string, Query[string]]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return new URLSearchParams(sent).toString();
}

/** `crypto.randomUUID` requires HTTPS or localhost. A dashboard on a local network may have neither. */
function idempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
