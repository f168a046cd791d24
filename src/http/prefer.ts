import type { IncomingHttpHeaders } from 'node:http';

/** Whether a request prefers the record itself as the answer to creating it (`Prefer: return=representation`, RFC 7240). */
export function prefersRepresentation({ prefer }: IncomingHttpHeaders): boolean {
  const preferences = [prefer ?? []].flat().join(',').split(',');
  return preferences.some((preference) => /^\s*return\s*=\s*"?representation"?\s*(?:;|$)/i.test(preference));
}

/** Says that the preference was met. */
export const REPRESENTATION_APPLIED = { 'preference-applied': 'return=representation', vary: 'Prefer' };
