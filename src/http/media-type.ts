/** Whether a Content-Type is JSON: `application/json`, or a type that ends in `+json`. */
export const JSON_TYPE = /^application\/([\w.+-]+\+)?json\s*(;|$)/i;

const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;

/** A parameter of a Content-Type or Content-Disposition, without quotes; undefined if missing or empty. */
export function parameterOf(header: string, name: string): string | undefined {
  for (const [, key, quoted, plain] of header.matchAll(PARAMETER)) {
    if (key!.toLowerCase() !== name) continue;
    return quoted?.replace(/\\(["\\])/g, '$1') ?? (plain || undefined);
  }
  return undefined;
}
