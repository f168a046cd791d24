import { ApiError, invalid } from '../base/errors.ts';

/** The longest path parameter, in characters. */
export const MAX_PARAM_LENGTH = 256;

/** Far more than any path has; a URL of 16 KiB could contain thousands. */
const MAX_PARAMETERS = 200;

const REFUSED = Symbol('refused');

/** Query parameters by name; a list for a name that occurs several times. */
type Query = Record<string, string | string[]> & { [REFUSED]?: ApiError };

/** Most requests have no query. */
const NO_QUERY = Object.freeze(Object.create(null) as Query);

/**
 * Parses a query. It runs where no error can be returned yet: the error is stored with the query, for
 * `checkQuery`. A part that cannot be decoded stays as sent.
 */
export function readQuery(text: string): Query {
  if (text === '') return NO_QUERY;
  const query = Object.create(null) as Query;
  let separators = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) separators += 1;
  if (separators >= MAX_PARAMETERS) {
    query[REFUSED] = new ApiError(
      'validation_error',
      `The query has more than ${MAX_PARAMETERS} parameters.`,
    );
    return query;
  }
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const sent = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    const [name, value] = sent.map(decoded);
    if (name === undefined || value === undefined)
      query[REFUSED] ??= invalid((name ?? sent[0]!).slice(0, 200), 'is not valid UTF-8, percent-encoded');
    add(query, name ?? sent[0]!, value ?? sent[1]!);
  }
  return query;
}

/** Throws `validation_error` for a query that could not be parsed. */
export function checkQuery(query: unknown): void {
  const refused = (query as Query)[REFUSED];
  if (refused) throw refused;
}

function add(query: Query, name: string, value: string): void {
  const before = query[name];
  if (before === undefined) query[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else query[name] = [before, value];
}

function decoded(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
