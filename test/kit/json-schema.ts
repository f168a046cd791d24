import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export type JsonSchema = Record<string, unknown>;

/** All violations of a schema; throws for a schema with unknown keywords. */
export function problems(schema: JsonSchema, value: unknown): unknown[] {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return validate(value) ? [] : validate.errors!;
}
