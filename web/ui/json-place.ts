import { parseTree, type Node, type ParseError } from 'jsonc-parser';

/** Plain JSON, as the API reads it. */
const STRICT = { disallowComments: true, allowTrailingComma: false };

/**
 * Reads a JSON text.
 * @returns the value, or the line of the first syntax error, from 1
 */
export function readJson(text: string): { value: unknown } | { brokenLine: number } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    const errors: ParseError[] = [];
    parseTree(text, errors, STRICT);
    return { brokenLine: lineOf(text, errors[0]?.offset ?? text.length) };
  }
}

/** The line, from 1, of an API path such as `properties.items.0`. For a missing path, the line of its nearest parent. */
export function lineOfPath(text: string, path: string): number {
  const root = parseTree(text, [], STRICT);
  return root ? lineOf(text, startOf(nearest(root, path))) : 1;
}

/** Names may contain dots: the longest match wins. */
function nearest(node: Node, path: string): Node {
  if (path === '') return node;
  const matches = (node.children ?? [])
    .map((child, at) => ({ name: node.type === 'array' ? `${at}` : nameOf(child), child }))
    .filter(({ name }) => path === name || path.startsWith(`${name}.`))
    .toSorted((item, other) => other.name.length - item.name.length);
  const [next] = matches;
  const value = node.type === 'array' ? next?.child : next?.child.children?.[1];
  return next && value ? nearest(value, path.slice(next.name.length + 1)) : node;
}

function nameOf({ children }: Node): string {
  return String(children?.[0]?.value);
}

/** A property starts at its name. */
function startOf({ parent, offset }: Node): number {
  return parent?.type === 'property' ? parent.offset : offset;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
