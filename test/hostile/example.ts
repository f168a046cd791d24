/** The part of an OpenAPI 3.1 schema that these tests use. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  readOnly?: boolean;
  additionalProperties?: JsonSchema | boolean;
}

export interface Operation {
  parameters?: { in: string; name: string; required?: boolean; schema?: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

/** A placeholder for a hostile value. */
export const HOLE = '@@hole@@';

/** The JSON text with its hole replaced by raw text, which need not be valid JSON. */
export function filled(body: unknown, json: string): string {
  return JSON.stringify(body).replaceAll(`"${HOLE}"`, () => json);
}

/** A value that a schema accepts, according to its keywords. */
export function exampleOf(document: Document, schema: JsonSchema): unknown {
  const is = resolved(document, schema);
  if (is.const !== undefined) return is.const;
  if (is.examples?.[0] !== undefined) return is.examples[0];
  if (is.enum) return is.enum[0];
  const alternative = is.anyOf?.[0] ?? is.oneOf?.[0];
  if (alternative) return exampleOf(document, alternative);
  switch ([is.type].flat()[0]) {
    case 'object':
      return requiredOf(document, is);
    case 'array':
      return is.items ? [exampleOf(document, is.items)] : [];
    case 'integer':
    case 'number':
      return is.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return textOf(is);
    default:
      return 'example';
  }
}

function requiredOf(document: Document, schema: JsonSchema): Record<string, unknown> {
  const names = schema.required ?? [];
  return Object.fromEntries(
    names.map((name) => [name, exampleOf(document, schema.properties?.[name] ?? { type: 'string' })]),
  );
}

function textOf({ format }: JsonSchema): string {
  if (format === 'uuid') return '01976d3c-0000-7000-8000-000000000000';
  if (format === 'date') return '2026-08-15';
  if (format === 'date-time') return '2026-08-15T12:00:00.000Z';
  if (format === 'email') return 'jane@example.com';
  if (format === 'uri') return 'https://example.com/';
  return 'example';
}

/** Bodies with the hole in one known field each, to a depth of two, with the field's path. */
export function* bodiesWithHole(
  document: Document,
  schema: JsonSchema,
  depth = 2,
): Generator<{ field: string; body: unknown; isReadOnly: boolean }> {
  const is = resolved(document, schema);
  if (depth === 0) return;
  for (const alternative of is.anyOf ?? is.oneOf ?? []) yield* bodiesWithHole(document, alternative, depth);
  if (is.type === 'array' && is.items) {
    yield { field: '[]', body: [HOLE], isReadOnly: false };
    for (const inner of bodiesWithHole(document, is.items, depth - 1))
      yield { ...inner, field: `[].${inner.field}`, body: [inner.body] };
  }
  if (is.type !== 'object') return;
  const base = requiredOf(document, is);
  for (const [name, property] of Object.entries(is.properties ?? {})) {
    const isReadOnly = resolved(document, property).readOnly === true;
    yield { field: name, body: { ...base, [name]: HOLE }, isReadOnly };
    for (const inner of bodiesWithHole(document, property, depth - 1))
      yield {
        field: `${name}.${inner.field}`,
        body: { ...base, [name]: inner.body },
        isReadOnly: isReadOnly || inner.isReadOnly,
      };
  }
  if (is.additionalProperties) yield { field: '*', body: { ...base, some_field: HOLE }, isReadOnly: false };
}

function resolved(document: Document, schema: JsonSchema): JsonSchema {
  if (!schema.$ref) return schema;
  return document.components.schemas[schema.$ref.split('/').at(-1)!]!;
}
