import { ApiError } from '../base/errors.ts';
import { sha256Text } from '../base/hmac.ts';
import { isUuid } from '../base/id.ts';
import { instant } from '../base/values/time.ts';

/** The position in a list: its sort order, and the sort value and id of the last row. */
export interface Cursor {
  sort: string;
  value: string;
  id: string;
}

/** The opaque form of a cursor for clients; only valid for its sort order. */
export function encodeCursor(cursor: Omit<Cursor, 'value'> & { value: string | null }): string {
  return Buffer.from(JSON.stringify([cursor.sort, cursor.value, cursor.id])).toString('base64url');
}

/** Decodes a cursor whose value is a time; throws `validation_error` if it is invalid or of another sort order. */
export function decodeCursor(text: string, sort: string): Cursor {
  const { value, id } = decodeCursorOf(text, sort, (time) => instant.safeParse(time).success);
  if (value === null) throw bad(NO_CURSOR);
  return { sort, value, id };
}

/**
 * Decodes a cursor of any sort. Throws `validation_error` like `decodeCursor`.
 * @param isValue whether a value is one that a list of this sort may have; null is always one
 */
export function decodeCursorOf(
  text: string,
  sort: string,
  isValue: (value: string) => boolean,
): { value: string | null; id: string } {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  const [madeFor, value, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if ((typeof value !== 'string' && value !== null) || typeof id !== 'string' || !isUuid(id)) {
    throw bad(NO_CURSOR);
  }
  if (madeFor !== sort)
    throw bad(`belongs to sort=${String(madeFor).slice(0, 50)}; keep the same sort while paging`);
  if (value !== null && !isValue(value)) throw bad(NO_CURSOR);
  return { value, id };
}

const NO_CURSOR = 'is not a cursor of this list; use next_cursor unchanged';

/** Parameters that may differ between pages. */
const PER_PAGE = new Set(['cursor', 'limit', 'count', 'fields', 'expand']);

/** Binds a cursor to its list: path, filters and order. */
export function bindCursor(cursor: string, url: string): string {
  return `${cursor}.${listOf(url)}`;
}

/**
 * The cursor inside a bound one; throws `validation_error` if it was bound to another list. Cursors of 0.1.0 are
 * not bound.
 * @param url the path and query of the current request
 */
export function unbindCursor(text: string, url: string): string {
  const [cursor = '', list] = text.split('.', 2);
  if (list !== undefined && list !== listOf(url))
    throw bad('belongs to another list, or to other filters or another sort; keep them while paging');
  return cursor;
}

function listOf(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const parameters = [...new URLSearchParams(query)]
    .filter(([name]) => !PER_PAGE.has(name))
    .map(String)
    .sort();
  const list = JSON.stringify([path.toLowerCase().replace(/\/+$/, ''), parameters]);
  return sha256Text(list)
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 12);
}

function bad(message: string): ApiError {
  return new ApiError('validation_error', `cursor: ${message}`, { fields: [{ field: 'cursor', message }] });
}

/** A list response: one page and how to get the next. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
  next_url: string | null;
  total_count?: number;
}

/**
 * Cuts rows to a page. Query one row more than `limit`: it shows whether there is a next page.
 * @param url the path and query of this request; next_url is the same with the cursor changed
 */
export function pageOf<Row, T>(
  rows: Row[],
  limit: number,
  url: string,
  cursorOf: (row: Row) => string,
  show: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? bindCursor(cursorOf(last), url) : null;
  return {
    data: shown.map(show),
    has_more: next !== null,
    next_cursor: next,
    next_url: next && withCursor(url, next),
  };
}

/** The path and query of a request, with the cursor changed. */
export function withCursor(url: string, cursor: string): string {
  const [path, query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters.toString()}`;
}
