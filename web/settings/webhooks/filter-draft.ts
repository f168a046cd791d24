import { randomId } from '@mantine/hooks';

/** How the conditions of a group are combined. */
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
  /** As typed; `values` is for operators with several values. */
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

/** A filter while it is edited: as rows, or as the JSON of the API. */
export interface FilterDraft {
  view: 'rows' | 'json';
  root: FilterGroup;
  text: string;
}

export const PIPELINE = 'pipeline';
export const TAG = 'tag';

/** The negation of an operator, which the API expresses with `not`, and the reverse. */
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

/** The draft of a stored filter; as rows, if they can express it. */
export function toFilterDraft(filter: Record<string, unknown> | null): FilterDraft {
  const root = filter === null ? newGroup('all', []) : toRows(filter);
  const text = filter === null ? '' : JSON.stringify(filter, null, 2);
  return root ? { view: 'rows', root, text } : { view: 'json', root: newGroup('all', []), text };
}

/** The rows of a filter, or null if rows cannot express it. */
export function toRows(filter: unknown): FilterGroup | null {
  const node = readNode(filter);
  if (!node) return null;
  return node.kind === 'group' ? node : newGroup('all', [node]);
}

function readNode(json: unknown): FilterNode | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const { all, any, not, tag, pipeline, field, op, value, ...rest } = json as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return null;
  if ('field' in json) return readCondition(field, op, value);
  if (Object.keys(json).length !== 1) return null;
  if ('all' in json) return readGroup('all', all);
  if ('any' in json) return readGroup('any', any);
  if ('not' in json) return negation(readNode(not));
  const [name, input, operator] =
    'tag' in json ? [TAG, tag, 'contains' as const] : [PIPELINE, pipeline, 'equals' as const];
  return typeof input === 'string' ? { ...newCondition(), field: name, op: operator, value: input } : null;
}

function readGroup(join: Join, list: unknown): FilterNode | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  const members = list.map(readNode);
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
  // As a plain field, these two names have another meaning than in rows.
  if (typeof field !== 'string' || field === TAG || field === PIPELINE) return null;
  const condition = { ...newCondition(), field };
  if (op === 'exists') return { ...condition, op: value === false ? 'empty' : 'known' };
  if (op === 'equals' && value === null) return { ...condition, op: 'empty' };
  if (op === 'in')
    return Array.isArray(value) && value.every(isScalar)
      ? { ...condition, op, values: value.map(scalarText) }
      : null;
  if ((op === 'equals' || op === 'greater' || op === 'less' || op === 'contains') && isScalar(value))
    return { ...condition, op, value: scalarText(value) };
  return null;
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Quotes a text that would otherwise be parsed as another type. */
function scalarText(value: Scalar): string {
  if (typeof value === 'string' && parseScalar(value, undefined) !== value) return JSON.stringify(value);
  return String(value);
}

/** Parses input by the kind of the field: `5` is a number in a number field, and in an unknown field. */
function parseScalar(text: string, kind: string | undefined): Scalar {
  if (/^".*"$/s.test(text)) {
    try {
      return JSON.parse(text) as string;
    } catch {
      return text;
    }
  }
  const isUnknown = kind === undefined;
  if ((isUnknown || kind === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if ((isUnknown || kind === 'boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/**
 * Converts rows to the filter of the API, null without rows.
 * @param kindOf the kind of a field: `text`, `number` …; undefined if unknown
 * @returns also the path of each row in the filter, by row id; the API reports errors by path
 */
export function toFilter(
  root: FilterGroup,
  kindOf: (field: string) => string | undefined,
): { filter: Record<string, unknown> | null; paths: ReadonlyMap<string, string> } {
  const paths = new Map<string, string>();
  if (root.members.length === 0) return { filter: null, paths };
  return { filter: build(root, 'filter'), paths };

  function build(node: FilterNode, path: string): Record<string, unknown> {
    return node.kind === 'group' ? group(node, path) : condition(node, path);
  }

  function group({ id, join, members }: FilterGroup, path: string): Record<string, unknown> {
    if (join === 'none' || join === 'not_all')
      return {
        not: group({ kind: 'group', id, join: join === 'none' ? 'any' : 'all', members }, `${path}.not`),
      };
    paths.set(id, path);
    const [onlyMember] = members;
    if (onlyMember && members.length === 1) return build(onlyMember, path);
    return { [join]: members.map((member, at) => build(member, `${path}.${join}.${at}`)) };
  }

  function condition(
    { id, field: name, op, value, values }: Condition,
    path: string,
  ): Record<string, unknown> {
    const field = name.trim();
    paths.set(id, path);
    const kind = kindOf(field);
    const plain = PLAIN[op];
    if (plain) {
      const inner = { kind: 'condition' as const, id, field, op: plain, value, values };
      return { not: condition(inner, `${path}.not`) };
    }
    if (field === TAG || field === PIPELINE) return { [field]: value };
    if (op === 'known') return { field, op: 'exists' };
    if (op === 'empty') return { field, op: 'exists', value: false };
    return {
      field,
      op,
      value: op === 'in' ? values.map((item) => parseScalar(item, kind)) : parseScalar(value, kind),
    };
  }
}

/** The number of conditions, at any depth. */
export function conditionCount({ members }: FilterGroup): number {
  return members.reduce((sum, node) => sum + (node.kind === 'group' ? conditionCount(node) : 1), 0);
}
