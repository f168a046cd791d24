import { randomId } from '@mantine/hooks';

/** How the members of a group are taken together. */
export type Join = 'all' | 'any' | 'none' | 'not_all';
export type Op =
  | 'equals'
  | 'not_equals'
  | 'in'
  | 'not_in'
  | 'contains'
  | 'not_contains'
  | 'greater'
  | 'less'
  | 'known'
  | 'empty';

export interface Condition {
  kind: 'condition';
  id: string;
  /** A field of the record, or `tag` or `pipeline`. */
  field: string;
  op: Op;
  /** As it is typed; `values` for the operators that take several. */
  value: string;
  values: string[];
}

export interface FilterGroup {
  kind: 'group';
  id: string;
  join: Join;
  members: FilterNode[];
}

export type FilterNode = Condition | FilterGroup;

/** A filter while it is written: in rows, or as the JSON that the API takes. */
export interface FilterDraft {
  view: 'rows' | 'json';
  root: FilterGroup;
  text: string;
}

export const PIPELINE = 'pipeline';
export const TAG = 'tag';

/** An operator's opposite, which the API writes with `not`; and the API's name of it. */
const NEGATED: Readonly<Partial<Record<Op, Op>>> = {
  equals: 'not_equals',
  in: 'not_in',
  contains: 'not_contains',
  known: 'empty',
  empty: 'known',
};
const PLAIN: Readonly<Partial<Record<Op, Op>>> = {
  not_equals: 'equals',
  not_in: 'in',
  not_contains: 'contains',
};

export function newCondition(): Condition {
  return { kind: 'condition', id: randomId(), field: '', op: 'equals', value: '', values: [] };
}

export function newGroup(join: Join, members: FilterNode[]): FilterGroup {
  return { kind: 'group', id: randomId(), join, members };
}

/** A stored filter to be changed: in rows, where it can be shown in them. */
export function draftOf(filter: Record<string, unknown> | null): FilterDraft {
  const root = filter === null ? newGroup('all', []) : rootOf(filter);
  const text = filter === null ? '' : JSON.stringify(filter, null, 2);
  return root ? { view: 'rows', root, text } : { view: 'json', root: newGroup('all', []), text };
}

/** The rows of a filter, or null where rows can not say what it says. */
export function rootOf(filter: unknown): FilterGroup | null {
  const node = read(filter);
  if (!node) return null;
  return node.kind === 'group' ? node : newGroup('all', [node]);
}

function read(json: unknown): FilterNode | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const { all, any, not, tag, pipeline, field, op, value, ...rest } = json as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return null;
  if ('field' in json) return readCondition(field, op, value);
  if (Object.keys(json).length !== 1) return null;
  if ('all' in json) return readGroup('all', all);
  if ('any' in json) return readGroup('any', any);
  if ('not' in json) return negation(read(not));
  const [name, input, does] =
    'tag' in json ? [TAG, tag, 'contains' as const] : [PIPELINE, pipeline, 'equals' as const];
  return typeof input === 'string' ? { ...newCondition(), field: name, op: does, value: input } : null;
}

function readGroup(join: Join, list: unknown): FilterNode | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  const members = list.map(read);
  return members.includes(null) ? null : newGroup(join, members as FilterNode[]);
}

function negation(node: FilterNode | null): FilterNode | null {
  if (!node) return null;
  if (node.kind === 'group') {
    const join = ({ any: 'none', all: 'not_all', none: 'any', not_all: 'all' } as const)[node.join];
    return { ...node, join };
  }
  const op = NEGATED[node.op] ?? PLAIN[node.op];
  return op ? { ...node, op } : newGroup('none', [node]);
}

function readCondition(field: unknown, op: unknown, value: unknown): Condition | null {
  // As a plain field, these two mean something else than in rows.
  if (typeof field !== 'string' || field === TAG || field === PIPELINE) return null;
  const condition = { ...newCondition(), field };
  if (op === 'exists') return { ...condition, op: value === false ? 'empty' : 'known' };
  if (op === 'equals' && value === null) return { ...condition, op: 'empty' };
  if (op === 'in')
    return Array.isArray(value) && value.every(isScalar)
      ? { ...condition, op, values: value.map(textOf) }
      : null;
  if ((op === 'equals' || op === 'greater' || op === 'less' || op === 'contains') && isScalar(value))
    return { ...condition, op, value: textOf(value) };
  return null;
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** A text that would be read as something else stands in quotes. */
function textOf(value: Scalar): string {
  if (typeof value === 'string' && scalarOf(value, undefined) !== value) return JSON.stringify(value);
  return String(value);
}

/** What a person typed, as the field's kind has it: `5` is a number in a field of numbers, and in one nobody knows. */
function scalarOf(text: string, kind: string | undefined): Scalar {
  if (/^".*"$/s.test(text)) {
    try {
      return JSON.parse(text) as string;
    } catch {
      return text;
    }
  }
  const guessed = kind === undefined;
  if ((guessed || kind === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if ((guessed || kind === 'boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/**
 * Rows as the API takes them, null where there are none; and where in it each row went, by the row's id: the API
 * names what it refuses by such a place.
 * @param kindOf what a field holds: `text`, `number` …; undefined where nobody knows
 */
export function filterOf(
  root: FilterGroup,
  kindOf: (field: string) => string | undefined,
): { filter: Record<string, unknown> | null; places: ReadonlyMap<string, string> } {
  const places = new Map<string, string>();
  if (root.members.length === 0) return { filter: null, places };
  return { filter: written(root, 'filter'), places };

  function written(node: FilterNode, place: string): Record<string, unknown> {
    return node.kind === 'group' ? group(node, place) : condition(node, place);
  }

  function group({ id, join, members }: FilterGroup, place: string): Record<string, unknown> {
    if (join === 'none' || join === 'not_all')
      return {
        not: group({ kind: 'group', id, join: join === 'none' ? 'any' : 'all', members }, `${place}.not`),
      };
    places.set(id, place);
    const [only] = members;
    if (only && members.length === 1) return written(only, place);
    return { [join]: members.map((member, at) => written(member, `${place}.${join}.${at}`)) };
  }

  function condition(
    { id, field: name, op, value, values }: Condition,
    place: string,
  ): Record<string, unknown> {
    const field = name.trim();
    places.set(id, place);
    const kind = kindOf(field);
    const plain = PLAIN[op];
    if (plain) {
      const inner = { kind: 'condition' as const, id, field, op: plain, value, values };
      return { not: condition(inner, `${place}.not`) };
    }
    if (field === TAG || field === PIPELINE) return { [field]: value };
    if (op === 'known') return { field, op: 'exists' };
    if (op === 'empty') return { field, op: 'exists', value: false };
    return {
      field,
      op,
      value: op === 'in' ? values.map((item) => scalarOf(item, kind)) : scalarOf(value, kind),
    };
  }
}

/** How many conditions there are, at any depth. */
export function conditionCount({ members }: FilterGroup): number {
  return members.reduce((sum, node) => sum + (node.kind === 'group' ? conditionCount(node) : 1), 0);
}
