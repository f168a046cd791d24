/** Newer than the types of the compiler; missing in old browsers. */
interface ExactJson {
  parse(
    text: string,
    revive: (name: string, value: unknown, context?: { source?: string }) => unknown,
  ): unknown;
  rawJSON?(text: string): unknown;
}

/**
 * Parses JSON so that `JSON.stringify` writes its numbers as they came, such as those above 2^53. A browser without
 * `JSON.rawJSON` rounds them.
 */
export function parseExactJson(text: string): unknown {
  const json = JSON as unknown as ExactJson;
  return json.parse(text, (_name, value, context) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || source === String(value)) return value;
    return json.rawJSON?.(source) ?? value;
  });
}
