import type { JsonSchema } from './event-schema.ts';
import type { EventType } from './event-type.ts';

/** Whether some record can meet a condition, and whether some record can fail it. */
interface Chance {
  met: boolean;
  unmet: boolean;
}

type Json = Record<string, unknown>;

const ANY: Chance = { met: true, unmet: true };
const NEVER: Chance = { met: false, unmet: true };
const ALWAYS: Chance = { met: true, unmet: false };

/** Objects that have tags, or will get them. */
const TAGGED = new Set(['contact', 'company', 'deal', 'task', 'lead']);
const TAGS: JsonSchema = { type: 'array', items: { type: 'string' } };

/**
 * Whether some event of this type could pass a filter, by the schema of its record (docs/requirements.md, AN13).
 * False only if that is certain.
 * @param input a filter that `readFilter` accepted
 */
export function canMatch(input: Json, type: EventType): boolean {
  const known = TAGGED.has(type.object) && !type.custom;
  const properties = known ? { tags: TAGS, ...type.schema.properties } : type.schema.properties;
  return chance(input, { ...type.schema, properties }).met;
}

function chance(node: Json, record: JsonSchema): Chance {
  if (typeof node['field'] === 'string') return compared(node, node['field'], record);
  const [key] = Object.keys(node);
  const value = node[key!];
  if (key === 'tag') return compared({ op: 'contains', value }, 'tags', record);
  // `readFilter` has found it among the workspace's pipelines.
  if (key === 'pipeline') return compared({ op: 'exists' }, 'pipeline_id', record);
  if (key === 'not') {
    const { met, unmet } = chance(value as Json, record);
    return { met: unmet, unmet: met };
  }
  const parts = (value as Json[]).map((item) => chance(item, record));
  const all = {
    met: parts.every(({ met }) => met) && !contradict(value as Json[], record),
    unmet: parts.some(({ unmet }) => unmet),
  };
  const any = { met: parts.some(({ met }) => met), unmet: parts.every(({ unmet }) => unmet) };
  return key === 'all' ? all : any;
}

function compared(node: Json, field: string, record: JsonSchema): Chance {
  const schemas = schemasAt(record, field.split('.'));
  if (schemas === 'open') return ANY;
  const { op, value } = node;
  const isAbsence = (op === 'exists' && value === false) || (op === 'equals' && value === null);
  if (schemas.length === 0) return isAbsence ? ALWAYS : NEVER;
  if (isAbsence || op === 'exists') {
    const unmet = canBeMissing(record, field, schemas);
    const met = schemas.some((schema) => schema['type'] !== 'null');
    return isAbsence ? { met: unmet, unmet: met } : { met, unmet };
  }
  const wanted = op === 'in' ? (value as unknown[]) : [value];
  return { met: wanted.some((item) => schemas.some((schema) => canBe(schema, op, item))), unmet: true };
}

/**
 * What may be at a path, as schemas of one type each; empty if nothing can be, `open` if anything may be. Lists on
 * the path are searched, as jsonpath does.
 */
function schemasAt(schema: JsonSchema, path: readonly string[]): JsonSchema[] | 'open' {
  const parts = plain(schema);
  if (parts === 'open') return 'open';
  const [name, ...rest] = path;
  if (name === undefined) return parts;
  const found: JsonSchema[] = [];
  for (const part of parts) {
    const inside = part['type'] === 'array' ? plain(part['items']) : [part];
    if (inside === 'open') return 'open';
    for (const object of inside.filter(({ type }) => type === 'object')) {
      const { properties = {}, additionalProperties: others = true } = object as {
        properties?: Record<string, JsonSchema>;
        additionalProperties?: unknown;
      };
      const next = Object.hasOwn(properties, name) ? properties[name] : others;
      const below = schemasAt(next as JsonSchema, rest);
      if (below === 'open') return 'open';
      found.push(...below);
    }
  }
  return found;
}

/** Keywords that this analysis does not understand. */
const BEYOND = ['$ref', 'oneOf', 'allOf', 'not', 'prefixItems', 'contains'];

/** A schema as schemas of one type each; empty if no value matches it. */
function plain(schema: unknown): JsonSchema[] | 'open' {
  if (schema === false) return [];
  if (typeof schema !== 'object' || schema === null || BEYOND.some((keyword) => keyword in schema))
    return 'open';
  const { anyOf, ...own } = schema as JsonSchema;
  if (Array.isArray(anyOf)) {
    const parts = anyOf.map(plain);
    return parts.some((part) => part === 'open') ? 'open' : (parts as JsonSchema[][]).flat();
  }
  const { type } = own;
  if (Array.isArray(type)) return type.map((item: unknown) => ({ ...own, type: item }));
  if (typeof type === 'string') return [own];
  const values = valuesOf(own);
  return values ? values.map((value) => ({ const: value, type: typeOf(value) })) : 'open';
}

function valuesOf(schema: JsonSchema): readonly unknown[] | null {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : null;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a value of a schema of one type can meet a comparison. */
function canBe(schema: JsonSchema, op: unknown, value: unknown): boolean {
  const { type } = schema;
  const kind = type === 'integer' ? 'number' : type;
  if (kind === 'array') {
    const items = plain(schema['items'] ?? true);
    const inner = op === 'contains' ? 'equals' : op;
    return items === 'open' || items.some((item) => item['type'] !== 'array' && canBe(item, inner, value));
  }
  if (kind !== typeof value || kind === 'object') return false;
  if (op === 'equals' || op === 'in') {
    const values = valuesOf(schema);
    if (values) return values.includes(value);
    return schema['format'] !== 'uuid' || UUID.test(value as string);
  }
  // A part of a text; any text may contain it, unless all possible texts are known.
  if (op === 'contains')
    return (
      kind === 'string' && (valuesOf(schema)?.some((item) => String(item).includes(value as string)) ?? true)
    );
  return kind === 'number' || kind === 'string';
}

function canBeMissing(record: JsonSchema, field: string, schemas: readonly JsonSchema[]): boolean {
  if (schemas.some(({ type }) => type === 'null' || type === 'array')) return true;
  const required = record['required'];
  return field.includes('.') || !(Array.isArray(required) && required.includes(field));
}

/** Whether conditions that must all be met require several values of one field. */
function contradict(parts: readonly Json[], record: JsonSchema): boolean {
  const wanted = new Map<string, unknown[]>();
  for (const { field, op, value } of parts) {
    if (typeof field !== 'string' || (op !== 'equals' && op !== 'in') || value === null) continue;
    const schemas = schemasAt(record, field.split('.'));
    // In a list, different entries may meet different conditions.
    const isSingle =
      schemas !== 'open' && !isInList(record, field) && schemas.every(({ type }) => type !== 'array');
    if (!isSingle) continue;
    const values = op === 'in' ? (value as unknown[]) : [value];
    const left = wanted.get(field)?.filter((item) => values.includes(item)) ?? values;
    if (left.length === 0) return true;
    wanted.set(field, left);
  }
  return false;
}

/** Whether there is a list on the path to a field. */
function isInList(record: JsonSchema, field: string): boolean {
  const path = field.split('.');
  return path.slice(1).some((_, at) => {
    const above = schemasAt(record, path.slice(0, at + 1));
    return above === 'open' || above.some(({ type }) => type === 'array');
  });
}
