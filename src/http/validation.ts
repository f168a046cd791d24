import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import { withoutUnchanged } from '../base/values/same.ts';
import { findUnstorable } from '../base/values/unstorable.ts';
import { unbindCursor } from '../db/page.ts';
import { validationError } from './error-response.ts';
import type { Route, RouteRequest } from './route.ts';

/**
 * Parses a value by a schema and checks that the result can be stored unchanged.
 * @param isSuspect whether the value may contain something that cannot; for most bodies the bytes rule it out
 */
export function validate<T>(
  schema: z.ZodType<T>,
  value: unknown,
  isSuspect: boolean,
): { data: T } | { error: z.ZodError } {
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) return { error: result.error };
  const found = isSuspect ? findUnstorable(result.data) : null;
  if (!found) return { data: result.data };
  return { error: new z.ZodError([{ code: 'custom', ...found, input: null }]) };
}

/** A body that fails the route's schema. */
interface RefusedBody {
  sent: unknown;
  isSuspect: boolean;
  error: z.ZodError;
}

/** The parsed body, or why it is invalid. */
export function parsedBody(route: Route, request: RouteRequest): { body: unknown } | RefusedBody {
  const schema = route.bodyFor && request.caller ? route.bodyFor(request.caller) : route.body;
  if (!schema) return { body: undefined };
  const { form } = request;
  const sent = withoutIgnored(form && route.formBody ? route.formBody(form) : request.body, route.ignored);
  const isSuspect = (request.isSuspect || form !== null) && !route.validatesItems;
  const result = validate(schema, sent ?? undefined, isSuspect);
  return 'data' in result ? { body: result.data } : { sent, isSuspect, error: result.error };
}

/** The body without fields that are ignored when sent. */
export function withoutIgnored(sent: unknown, ignored: readonly string[] = []): unknown {
  if (ignored.length === 0 || !isObject(sent)) return sent;
  return Object.fromEntries(Object.entries(sent).filter(([name]) => !ignored.includes(name)));
}

/**
 * Parses a rejected change again without the fields that equal the stored values: a client can send back what an
 * older version accepted. Throws `validation_error` if that is invalid as well.
 * @param stored the resource as the API returns it now; undefined if the route creates one
 */
export async function changedBody(
  route: Route,
  { sent, isSuspect, error }: RefusedBody,
  stored: () => Promise<unknown>,
): Promise<unknown> {
  const now = isObject(sent) ? parsedAnswer(await stored().catch(undefinedIfMissing)) : undefined;
  const again =
    now && isObject(sent) ? validate(route.body!, changedFields(sent, now), isSuspect) : undefined;
  if (again && 'data' in again) return again.data;
  if (sent === undefined || sent === null) {
    throw new ApiError('validation_error', 'A JSON body is required.', {
      fields: [{ field: 'body', message: 'is required' }],
    });
  }
  throw validationError(again?.error ?? error, 'body');
}

/** The parsed query; throws `validation_error`, also for a cursor of another list. */
export function parsedQuery(route: Route, { query, url }: RouteRequest): unknown {
  const sent = query as Record<string, unknown>;
  if (!route.query) return noQuery(sent);
  const bound = sent['cursor'];
  const read = typeof bound === 'string' ? { ...sent, cursor: unbindCursor(bound, url) } : sent;
  const result = validate(route.query, read, url.includes('%'));
  if ('data' in result) return result.data;
  throw validationError(result.error, 'query');
}

function noQuery(query: Record<string, unknown>): undefined {
  const [name] = Object.keys(query);
  if (name === undefined) return undefined;
  throw new ApiError('validation_error', `${name}: is not a known parameter`, {
    fields: [{ field: name, message: 'is not a known parameter' }],
  });
}

/** Without a stored resource, the body's error is still returned. */
function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof ApiError && error.status < 500) return undefined;
  throw error;
}

/** The fields of a change that differ from the stored ones. Custom fields are changed individually, so they are compared individually. */
export function changedFields(sent: Record<string, unknown>, stored: Record<string, unknown>): object {
  const changed = withoutUnchanged(sent, sent, stored);
  const [sentFields, storedFields] = [changed['custom_fields'], stored['custom_fields']];
  if (!isObject(sentFields) || !isObject(storedFields)) return changed;
  return { ...changed, custom_fields: withoutUnchanged(sentFields, sentFields, storedFields) };
}

function parsedAnswer(body: unknown): Record<string, unknown> | undefined {
  const answer: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  return isObject(answer) ? answer : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
