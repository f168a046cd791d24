import { invalid } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { findProblem, StepsUsedUp, type Problem } from './schema-check.js';
import type { SchemaWorkers } from './schema-workers.ts';

/**
 * JSON Schemas that customers write (decisions/0016). Checking with them uses our time, so it has a budget of steps.
 * Keywords that cannot be counted in steps are not allowed: regular expressions (`pattern`, `patternProperties`),
 * references (`$ref` and the like), and `uniqueItems` over long lists.
 */
const KEYWORDS: Readonly<Record<string, 'value' | 'schema' | 'schemas' | 'named'>> = {
  type: 'value',
  enum: 'value',
  const: 'value',
  title: 'value',
  description: 'value',
  default: 'value',
  examples: 'value',
  deprecated: 'value',
  $comment: 'value',
  format: 'value',
  minimum: 'value',
  maximum: 'value',
  exclusiveMinimum: 'value',
  exclusiveMaximum: 'value',
  multipleOf: 'value',
  minLength: 'value',
  maxLength: 'value',
  minItems: 'value',
  maxItems: 'value',
  uniqueItems: 'value',
  minProperties: 'value',
  maxProperties: 'value',
  required: 'value',
  properties: 'named',
  additionalProperties: 'schema',
  items: 'schema',
  prefixItems: 'schemas',
  contains: 'schema',
  anyOf: 'schemas',
  oneOf: 'schemas',
  allOf: 'schemas',
  not: 'schema',
};

const FORMATS = ['date-time', 'date', 'time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname'] as const;
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const MAX_SCHEMA_BYTES = 16_384;
const MAX_SCHEMA_DEPTH = 24;
const MAX_UNIQUE_ITEMS = 100;
const MAX_DATA_BYTES = 262_144;
const MAX_DATA_DEPTH = 20;

/** A check of at most this many steps, about 1 ms, runs inline; a longer one in a thread of its own. */
const INLINE_STEPS = 10_000;
/** 87,000 values against a schema of ten keywords each; about 200 ms. */
const MAX_STEPS = 2_000_000;

type Json = Record<string, unknown>;

/** Reads customers' schemas, and checks data against them. */
export interface Schemas {
  /**
   * Checks that a schema can be used.
   * @throws `validation_error` that names the field, as in `schema.properties.email.pattern`; `unavailable`
   */
  read(workspaceId: Uuid, schema: Json): Promise<void>;
  /**
   * Checks data against a schema that `read` accepted.
   * @param field the name of the data, with which the field of a problem begins
   * @param maxBytes of the data as JSON
   * @throws `validation_error` that names the field, or if it takes too many steps; `unavailable`
   */
  check(workspaceId: Uuid, schema: Json, data: Json, field: string, maxBytes?: number): Promise<void>;
}

export function makeSchemas(workers: Pick<SchemaWorkers, 'run'>): Schemas {
  return {
    async read(workspaceId, schema) {
      const text = plainText(schema, 'schema', { depth: MAX_SCHEMA_DEPTH, bytes: MAX_SCHEMA_BYTES });
      const { $schema, ...rest } = schema;
      if ($schema !== undefined && $schema !== DRAFT) throw invalid('schema.$schema', `must be ${DRAFT}`);
      if (rest['type'] !== 'object') throw invalid('schema.type', 'must be "object": data is an object');
      checkKeywords(rest, 'schema');
      const result = await workers.run(workspaceId, { kind: 'compile', schema: text, formats: FORMATS });
      if ('problem' in result && result.problem)
        throw invalid('schema', `cannot be used: ${result.problem.message.replaceAll('data/', '')}`);
    },

    async check(workspaceId, schema, data, field, maxBytes = MAX_DATA_BYTES) {
      const text = plainText(data, field, { depth: MAX_DATA_DEPTH, bytes: maxBytes });
      try {
        return refuse(findProblem(schema, data, INLINE_STEPS), field);
      } catch (error) {
        if (!(error instanceof StepsUsedUp)) throw error;
      }
      const job = { kind: 'check', schema: JSON.stringify(schema), data: text, maxSteps: MAX_STEPS } as const;
      const result = await workers.run(workspaceId, job);
      if ('stepsUsedUp' in result)
        throw invalid(field, `takes more than ${MAX_STEPS} steps to check against the schema of its type`);
      refuse(result.problem, field);
    },
  };
}

/** Error messages never contain the value. */
function refuse(problem: Problem | null, field: string): void {
  if (problem) throw invalid([field, ...problem.path].join('.'), problem.message);
}

function checkKeywords(node: unknown, place: string): void {
  if (typeof node === 'boolean') return;
  if (!isObject(node)) throw invalid(place, 'must be a schema: an object, true or false');
  for (const [keyword, value] of Object.entries(node)) {
    const inside = `${place}.${keyword}`;
    const kind = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (kind === undefined) throw invalid(inside, 'is not a supported keyword');
    if (kind === 'schema') checkKeywords(value, inside);
    if (kind === 'schemas' && Array.isArray(value))
      value.forEach((item, at) => checkKeywords(item, `${inside}.${at}`));
    if (kind === 'named' && isObject(value))
      for (const [name, entry] of Object.entries(value)) checkKeywords(entry, `${inside}.${name}`);
  }
  const { format, uniqueItems, maxItems } = node;
  if (format !== undefined && !(FORMATS as readonly unknown[]).includes(format))
    throw invalid(`${place}.format`, `must be one of ${FORMATS.join(', ')}`);
  if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS))
    throw invalid(`${place}.uniqueItems`, `requires maxItems of at most ${MAX_UNIQUE_ITEMS}`);
}

/**
 * The value as JSON. Checks first how deep it is, since serialising could overflow the stack, and that PostgreSQL
 * accepts it.
 */
function plainText(value: Json, field: string, max: { depth: number; bytes: number }): string {
  checkPlain(value, [field], max.depth);
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > max.bytes) throw invalid(field, `is larger than ${max.bytes / 1024} KiB`);
  return text;
}

/** @param place the path of the value; changed during the walk, so that no text is built for valid values */
function checkPlain(value: unknown, place: string[], depth: number): void {
  if (typeof value === 'string') return checkText(value, place);
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw invalid(place.join('.'), 'is nested too deeply');
  for (const [name, item] of Object.entries(value)) {
    checkText(name, place);
    place.push(name);
    checkPlain(item, place, depth - 1);
    place.pop();
  }
}

function checkText(text: string, place: readonly string[]): void {
  if (text.includes('\0') || !text.isWellFormed())
    throw invalid(place.join('.'), 'must be well-formed Unicode without NUL');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
