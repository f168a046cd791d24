import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export type JsonSchema = Record<string, unknown>;

/** Compiles the schema of JSON Schema itself once, and every other schema object once. */
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);

/** All violations of a schema; throws for a schema with unknown keywords. */
export function problems(schema: JsonSchema, value: unknown): unknown[] {
  const validate = ajv.compile(schema);
  return validate(value) ? [] : validate.errors!;
}
