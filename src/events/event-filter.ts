import { invalid } from '../base/errors.ts';
import { folded } from '../base/fold.ts';
import type { Uuid } from '../base/id.ts';

/** A webhook's filter, ready to be stored. */
export interface Filter {
  /** As entered. */
  input: Record<string, unknown>;
  /** A jsonpath predicate over an event's record: true if the webhook wants it. */
  path: string;
  /**
   * The fields it checks, as entered: `pipeline, custom_fields.industry`. Shown as the reason why an event was
   * rejected.
   */
  on: string;
  /** The field of each `contains` that searches for a text. */
  texts: string[];
  /** How many values it compares. */
  values: number;
  /** Length of the path, in bytes of UTF-8. */
  bytes: number;
}

/** Characters of a text, or of a list as JSON, that a condition checks (the SQL function filter_cut). */
export const FILTER_LOOKS_AT = 10_000;
/** Elements of a list, including those of nested lists, that a condition checks. */
export const FILTER_ELEMENTS = 200;
/** Bytes of a filter's path. */
export const MAX_FILTER_BYTES = 32 * 1024;
/** Over all webhooks of a workspace: filters run in the statement that writes the record. */
export const MAX_FILTER_TEXTS = 200;
export const MAX_FILTER_VALUES = 2_000;
export const MAX_FILTERS_BYTES = 128 * 1024;

/** A filter may use the name instead of the id. */
interface Named {
  id: Uuid;
  name: string;
}

const OPS = ['equals', 'in', 'exists', 'greater', 'less', 'contains'] as const;
type Op = (typeof OPS)[number];
type Scalar = string | number | boolean;

const FIELD = /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62}){0,4}$/;
const MAX_CONDITIONS = 100;
const MAX_DEPTH = 6;
const MAX_TEXT = 1000;
/** The field of a record that holds its tags. */
const TAGS = 'tags';

/**
 * Reads a filter (docs/requirements.md, AN13): `{"all":[…]}`, `{"any":[…]}`, `{"not":…}`, a condition
 * `{"field","op","value"}`, or in short `{"tag":"vip"}` and `{"pipeline":"Sales pipeline"}`. A pipeline is given by
 * name or by id. The id is compared, so that a later rename changes nothing.
 *
 * A condition on a field that a record does not have, or has with another type, is false. jsonpath answers `unknown`
 * to that, which `not` would pass on: it is treated as false.
 * @throws `validation_error` that names the field, as in `filter.all.0.op`
 */
export function readFilter(input: Record<string, unknown>, pipelines: readonly Named[]): Filter {
  const on = new Set<string>();
  const texts: string[] = [];
  let values = 0;
  let conditions = 0;
  const path = predicate(input, 'filter', 1);
  return { input: input, path, on: [...on].join(', '), texts, values, bytes: Buffer.byteLength(path) };

  function predicate(node: unknown, place: string, depth: number): string {
    if (typeof node !== 'object' || node === null || Array.isArray(node))
      throw invalid(place, 'must be an object');
    if (depth > MAX_DEPTH) throw invalid(place, `is nested more than ${MAX_DEPTH} deep`);
    if (++conditions > MAX_CONDITIONS) throw invalid('filter', `has more than ${MAX_CONDITIONS} conditions`);
    const keys = Object.keys(node);
    const [key] = keys;
    if ('field' in node) return condition(node, place);
    if (keys.length !== 1)
      throw invalid(place, 'must have exactly one of all, any, not, tag, pipeline, or field, op and value');
    const value = (node as Record<string, unknown>)[key!];
    const inside = `${place}.${key}`;
    if (key === 'all' || key === 'any') return joined(value, key === 'all' ? ' && ' : ' || ', inside, depth);
    if (key === 'not') return negated(predicate(value, inside, depth + 1));
    if (key === 'tag') return compared('tag', TAGS, 'contains', value, inside);
    if (key === 'pipeline')
      return compared('pipeline', 'pipeline_id', 'equals', pipelineId(value, inside), inside);
    throw invalid(inside, 'is not known; use all, any, not, tag, pipeline, or field, op and value');
  }

  function joined(list: unknown, operator: string, place: string, depth: number): string {
    if (!Array.isArray(list) || list.length === 0) throw invalid(place, 'must be a list of conditions');
    return `(${list.map((item, at) => predicate(item, `${place}.${at}`, depth + 1)).join(operator)})`;
  }

  function condition(node: Record<string, unknown>, place: string): string {
    const { field, op, value, ...rest } = node;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined)
      throw invalid(`${place}.${unknown}`, 'is not allowed together with field, op and value');
    if (typeof field !== 'string' || !FIELD.test(field))
      throw invalid(`${place}.field`, 'must be a field name, with dots for nested fields');
    if (!OPS.includes(op as Op)) throw invalid(`${place}.op`, `must be one of ${OPS.join(', ')}`);
    return compared(field, field, op as Op, value, `${place}.value`);
  }

  function compared(shown: string, field: string, op: Op, value: unknown, place: string): string {
    on.add(shown);
    values += Array.isArray(value) ? value.length : 1;
    if (op === 'contains' && typeof value === 'string') texts.push(field);
    const at = `$.${field
      .split('.')
      .map((part) => `"${part}"`)
      .join('.')}`;
    if (field === TAGS && op === 'contains' && typeof value === 'string') return tagged(at, value, place);
    return COMPARISONS[op](at, value, place);
  }

  function pipelineId(value: unknown, place: string): Uuid {
    const wanted = scalar(value, place, ['string']) as string;
    const found =
      pipelines.find(({ id }) => id === wanted.toLowerCase()) ??
      pipelines.find(({ name }) => folded(name) === folded(wanted));
    if (!found) throw invalid(place, 'there is no pipeline with this name or id');
    return found.id;
  }
}

/**
 * For each operator, the predicate that compares the value at a path. Lists are searched: one matching element is
 * enough.
 */
const COMPARISONS: Readonly<Record<Op, (at: string, value: unknown, place: string) => string>> = {
  equals: (at, value, place) => (value === null ? negated(present(at)) : `(${same(at, value, place)})`),

  in(at, value, place) {
    if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CONDITIONS)
      throw invalid(place, `must be a list of 1 to ${MAX_CONDITIONS} values`);
    // The field is looked up once, not once per value. Lists are searched one level deep, as `equals` does.
    const values = value.map((item, n) => same('@', item, `${place}.${n}`)).join(' || ');
    return `exists(${at} ? (@.type() != "array" && (${values})))`;
  },

  exists: (at, value = true, place) =>
    scalar(value, place, ['boolean']) ? present(at) : negated(present(at)),

  greater: (at, value, place) => `(${at} > ${literal(value, place, ['number', 'string'])})`,
  less: (at, value, place) => `(${at} < ${literal(value, place, ['number', 'string'])})`,

  contains(at, value, place) {
    const element = `(${at}.type() == "array" && ${at}[*] == ${literal(value, place)})`;
    if (typeof value !== 'string') return element;
    if (value === '') throw invalid(place, 'must not be empty');
    // The flag q: the searched value is plain text, not a pattern.
    return `(${element} || (${at}.type() == "string" && ${at} like_regex ${literal(value, place)} flag "q"))`;
  },
};

/** Equality, in any Unicode form. */
function same(at: string, value: unknown, place: string): string {
  const wanted = scalar(value, place);
  const forms =
    typeof wanted === 'string'
      ? new Set([wanted, wanted.normalize('NFC'), wanted.normalize('NFD')])
      : new Set([wanted]);
  return [...forms].map((form) => `${at} == ${JSON.stringify(form)}`).join(' || ');
}

/** Whether one of the tags equals this one, in any case and Unicode form. */
function tagged(at: string, value: string, place: string): string {
  const tag = scalar(value, place) as string;
  const forms = [...new Set([tag.normalize('NFC'), tag.normalize('NFD')])];
  const pattern = forms.map((form) => form.replaceAll(/[^\p{L}\p{N}\p{M} ]/gu, String.raw`\$&`)).join('|');
  return `(${at}[*] like_regex ${JSON.stringify(`^(${pattern})$`)} flag "i")`;
}

function present(at: string): string {
  return `exists(${at} ? (@ != null))`;
}

/** `exists` is never unknown, so a predicate need not be written twice, which would double the path at each `not`. */
function negated(path: string): string {
  return `(!exists($ ? ${bracketed(path)}))`;
}

function bracketed(path: string): string {
  return path.startsWith('(') ? path : `(${path})`;
}

/** A value in jsonpath notation, which for these types is JSON. */
function literal(value: unknown, place: string, kinds?: readonly string[]): string {
  return JSON.stringify(scalar(value, place, kinds));
}

/** A value as sent: its length is checked before other Unicode forms are added. */
function scalar(
  value: unknown,
  place: string,
  kinds: readonly string[] = ['string', 'number', 'boolean'],
): Scalar {
  if (!kinds.includes(typeof value)) throw invalid(place, `must be a ${kinds.join(' or a ')}`);
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      throw invalid(place, 'must be well-formed Unicode without NUL');
    if (value.length > MAX_TEXT) throw invalid(place, `must have at most ${MAX_TEXT} characters`);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(place, 'is too large a number');
  return value as Scalar;
}
