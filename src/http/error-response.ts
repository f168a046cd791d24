import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { ApiError, type FieldError } from '../base/errors.ts';
import { INEXACT_NUMBER } from '../base/values/unstorable.ts';
import type { ErrorStyle } from './route.ts';

/** The body of every error: `{"error":{code,message,fields?,request_id}}` (AX2; docs/requirements.md, section 6). */
export function errorBody(error: ApiError, requestId: string): string {
  return JSON.stringify({
    error: {
      code: error.code,
      message: error.message,
      ...(error.fields && { fields: error.fields }),
      request_id: requestId,
    },
  });
}

/** The body of an error in the style of a route, where the style applies to the request. */
export function errorText(
  error: ApiError,
  style: ErrorStyle | undefined,
  { id, headers }: { id: string; headers: IncomingHttpHeaders },
): string {
  const applies = style && (style.appliesTo?.(headers) ?? true);
  return (applies ? style.body : errorBody)(error, id);
}

export const errorShape = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
      request_id: z.string(),
    }),
  })
  .meta({ id: 'Error' });

/** Converts the problems that a schema found into one error that names each field. Values are never repeated. */
export function validationError(error: z.ZodError, where: 'body' | 'query'): ApiError {
  const fields = error.issues.flatMap((issue) => fieldErrors(issue, where)).slice(0, 50);
  const first = fields[0]!;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  return new ApiError('validation_error', `${first.field}: ${first.message}${more}`, {
    fields,
    isSummary: true,
  });
}

function fieldErrors(issue: z.core.$ZodIssue, where: string): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const kind = where === 'query' ? 'parameter' : 'field';
    return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: `is not a known ${kind}` }));
  }
  const field = path.join('.') || where;
  if (typeof issue.input === 'symbol') return [{ field, message: INEXACT_NUMBER }];
  if (issue.code === 'invalid_type' && issue.input === undefined) return [{ field, message: 'is required' }];
  return [{ field, message: plain(issue.message) }];
}

/** Zod's message, as the predicate of a sentence whose subject is the field. */
function plain(message: string): string {
  return message
    .replace(/^Invalid input: expected (.+?), received (.+)$/, 'must be $1, not $2')
    .replace(/^Invalid /, 'invalid ');
}
