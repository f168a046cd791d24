/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of an object with named fields; other fields are allowed only in events that a workspace defined. */
export interface ObjectSchema extends JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
}

/** An object that has all of these fields. */
export function objectOf(properties: Readonly<Record<string, JsonSchema>>): ObjectSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** The fields of two objects in one; if both have a field, the second's is used. */
export function joined(first: ObjectSchema, second: ObjectSchema): ObjectSchema {
  return {
    ...first,
    properties: { ...first.properties, ...second.properties },
    required: [...new Set([...first.required, ...second.required])],
  };
}

export function textField(description: string): JsonSchema {
  return { type: 'string', description };
}

export function timeField(description: string): JsonSchema {
  return { type: 'string', format: 'date-time', description };
}

/** Always this text. */
export function exactly(value: string, description: string): JsonSchema {
  return { type: 'string', const: value, description };
}

/**
 * The schema of a summary, derived from an example. A summary contains some of the record's own fields, and `has_…`
 * for others, which says whether they have a value.
 */
export function summarySchema(
  record: ObjectSchema,
  summary: Readonly<Record<string, unknown>>,
): ObjectSchema {
  const known = (name: string): JsonSchema => ({
    type: 'boolean',
    description: `Whether its ${name.replace(/^has_/, '').replaceAll('_', ' ')} is known.`,
  });
  return objectOf(
    Object.fromEntries(Object.keys(summary).map((name) => [name, record.properties[name] ?? known(name)])),
  );
}
