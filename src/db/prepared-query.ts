/** The texts that may be prepared on each connection; all others are planned each time. */
const MAX_TEXTS = 200;

/** Statement names by text. */
const names = new Map<string, string>();

/**
 * Gives a query that was put together for a call a name by its text, so that it is prepared once per connection. For
 * queries with few texts, whose best plan does not depend on their values.
 */
export function preparedOnce(query: { text: string; values: unknown[] }): {
  name?: string;
  text: string;
  values: unknown[];
} {
  const known = names.get(query.text);
  if (known !== undefined) return { name: known, ...query };
  if (names.size >= MAX_TEXTS) return query;
  const name = `list.${names.size + 1}`;
  names.set(query.text, name);
  return { name, ...query };
}
