import type { IncomingHttpHeaders } from 'node:http';

/** The text up to a comma that is not within quotes. */
const PREFERENCE = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g;
const RETURN = /^\s*return\s*(?:[=;]|$)/i;
const REPRESENTATION = /^\s*return\s*=\s*(?:representation|"representation")\s*(?:;|$)/i;

/**
 * Whether a request prefers the record itself as the answer to creating it (`Prefer: return=representation`, RFC 7240).
 * If `return` is sent several times, the first one counts.
 */
export function prefersRepresentation({ prefer }: IncomingHttpHeaders): boolean {
  const preferences = [prefer ?? []].flat().join(',').match(PREFERENCE) ?? [];
  const requested = preferences.find((preference) => RETURN.test(preference));
  return requested !== undefined && REPRESENTATION.test(requested);
}

/** Says that the preference was met. */
export const REPRESENTATION_APPLIED = { 'preference-applied': 'return=representation', vary: 'Prefer' };
