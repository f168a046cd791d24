/** Parses a form like PHP's parse_str, Rack and qs: brackets nest, and keys numbered from 0 are a list. */
export function readForm(text: string): Record<string, unknown> {
  const root: Tree = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = [name.split('[')[0]!, ...[...name.matchAll(/\[([^\]]*)\]/g)].map(([, key]) => key!)];
    const last = path.pop()!;
    let at = root;
    for (const key of path) at = (at[key] ??= {}) as Tree;
    at[last] = value;
  }
  return listed(root) as Record<string, unknown>;
}

interface Tree {
  [key: string]: Tree | string;
}

function listed(node: Tree | string): unknown {
  if (typeof node === 'string') return node;
  const entries = Object.entries(node).map(([key, value]) => [key, listed(value)] as const);
  return entries.every(([key], n) => key === String(n))
    ? entries.map(([, value]) => value)
    : Object.fromEntries(entries);
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What a form keeps of a JSON value: texts; null is empty, and an empty list or object is missing. */
export function asForm(value: Json): unknown {
  if (Array.isArray(value)) return value.map(asForm);
  if (typeof value !== 'object' || value === null) return value === null ? '' : String(value);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      typeof item === 'object' && item !== null && Object.keys(item).length === 0
        ? []
        : [[key, asForm(item)]],
    ),
  );
}
