import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { invalid, type ApiError } from '../base/errors.ts';

/**
 * JSON Schemas that customers write. Checking with one runs on our time, so what could take very long is not in the
 * language: no regular expression (`pattern`, `patternProperties`), nothing that refers to something else or to itself
 * (`$ref` and its kin), `uniqueItems` only over short lists. What is left takes at most as many steps as the schema has
 * parts, times what the data has.
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

/** Throws `validation_error` that names the place in `data`, below `field`. */
export type Check = (data: Record<string, unknown>, field: string) => void;

/**
 * Reads a schema into a check.
 * @throws `validation_error` that names the place, as in `schema.properties.email.pattern`
 */
export function readSchema(schema: Record<string, unknown>): Check {
  checkPlain(schema, 'schema', MAX_SCHEMA_DEPTH);
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES)
    throw invalid('schema', `is larger than ${MAX_SCHEMA_BYTES / 1024} KiB`);
  const { $schema, ...rest } = schema;
  if ($schema !== undefined && $schema !== DRAFT) throw invalid('schema.$schema', `must be ${DRAFT}`);
  if (rest['type'] !== 'object') throw invalid('schema.type', 'must be "object": data is an object');
  checkKeywords(rest, 'schema');
  const validate = compiled(rest);
  return (data, field) => {
    checkData(data, field);
    if (!validate(data)) throw wrong(validate.errors![0]!, field);
  };
}

function compiled(schema: Record<string, unknown>): ValidateFunction {
  // Strict, so that a keyword which would be passed over in silence is told. The first error ends a check: all of them
  // could be as many as the data has values. One of its own for each schema, as it keeps what it compiled.
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: false, logger: false });
  addFormats.default(ajv, [...FORMATS]);
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw invalid('schema', `can not be used: ${(error as Error).message.replaceAll('data/', '')}`);
  }
}

function checkKeywords(node: unknown, place: string): void {
  if (typeof node === 'boolean') return;
  if (!isObject(node)) throw invalid(place, 'must be a schema: an object, true or false');
  for (const [keyword, value] of Object.entries(node)) {
    const inside = `${place}.${keyword}`;
    const kind = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (kind === undefined) throw invalid(inside, 'is not among the keywords that can be used here');
    if (kind === 'schema') checkKeywords(value, inside);
    if (kind === 'schemas' && Array.isArray(value))
      value.forEach((one, at) => checkKeywords(one, `${inside}.${at}`));
    if (kind === 'named' && isObject(value))
      for (const [name, one] of Object.entries(value)) checkKeywords(one, `${inside}.${name}`);
  }
  const { format, uniqueItems, maxItems } = node;
  if (format !== undefined && !(FORMATS as readonly unknown[]).includes(format))
    throw invalid(`${place}.format`, `must be one of ${FORMATS.join(', ')}`);
  if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS))
    throw invalid(`${place}.uniqueItems`, `needs maxItems beside it, of at most ${MAX_UNIQUE_ITEMS}`);
}

function checkData(data: Record<string, unknown>, field: string): void {
  // How deep it is first: what turns it into text would fall over.
  checkPlain(data, field, MAX_DATA_DEPTH);
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_DATA_BYTES)
    throw invalid(field, `is larger than ${MAX_DATA_BYTES / 1024} KiB`);
}

/** That PostgreSQL takes it, and that nothing falls over how deep it is. */
function checkPlain(value: unknown, place: string, depth: number): void {
  if (typeof value === 'string') return checkText(value, place);
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw invalid(place, 'is nested too deep');
  for (const [name, one] of Object.entries(value)) {
    checkText(name, place);
    checkPlain(one, `${place}.${name}`, depth - 1);
  }
}

function checkText(text: string, place: string): void {
  if (text.includes('\0') || !text.isWellFormed())
    throw invalid(place, 'must be well-formed Unicode without NUL');
}

/** What ajv found, in our words. Values are never repeated. */
function wrong({ keyword, instancePath, params, message }: ErrorObject, root: string): ApiError {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const at = (more: unknown[]) => [root, ...path, ...more].join('.');
  if (keyword === 'required') return invalid(at([params['missingProperty']]), 'is required');
  if (keyword === 'additionalProperties')
    return invalid(at([params['additionalProperty']]), 'is not a known field');
  if (keyword === 'enum')
    return invalid(
      at([]),
      `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`.slice(0, 300),
    );
  return invalid(at([]), message ?? 'does not fit the schema');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
