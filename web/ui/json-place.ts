import { parseTree, type Node, type ParseError } from 'jsonc-parser';

/** Plain JSON, as the API reads it. */
const STRICT = { disallowComments: true, allowTrailingComma: false };

/**
 * Reads a JSON text.
 * @returns the value, or the line on which it stops being JSON, from 1
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

/**
 * The line, from 1, on which a place stands, as the API names it: `properties.items.0`. Of what is not there, the line of
 * the nearest thing around it.
 */
export function lineOfPlace(text: string, place: string): number {
  const root = parseTree(text, [], STRICT);
  return root ? lineOf(text, startOf(nearest(root, place))) : 1;
}

/** Names may have dots in them: the longest that fits is meant. */
function nearest(node: Node, place: string): Node {
  if (place === '') return node;
  const fitting = (node.children ?? [])
    .map((child, at) => ({ name: node.type === 'array' ? `${at}` : nameOf(child), child }))
    .filter(({ name }) => place === name || place.startsWith(`${name}.`))
    .toSorted((item, other) => other.name.length - item.name.length);
  const [next] = fitting;
  const value = node.type === 'array' ? next?.child : next?.child.children?.[1];
  return next && value ? nearest(value, place.slice(next.name.length + 1)) : node;
}

function nameOf({ children }: Node): string {
  return String(children?.[0]?.value);
}

/** A member begins with its name. */
function startOf({ parent, offset }: Node): number {
  return parent?.type === 'property' ? parent.offset : offset;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
