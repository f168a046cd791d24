import { z } from 'zod';
import { customFields } from './custom-fields.ts';
import { ignored, type Field } from './fields/field.ts';

/** The part of a noun that its schemas are made from. */
interface Described {
  label: string;
  fields: Readonly<Record<string, Field>>;
  /** Other names that clients may use for a field. */
  aliases?: Readonly<Record<string, string>> | undefined;
  /** Set if its records can be merged. */
  mergeRules?: object | undefined;
}

/** The schemas of a noun: what clients send to create and to change a record, and what the API returns. */
export function nounSchemas({ label, fields, aliases = {}, mergeRules }: Described) {
  const entries = Object.entries(fields);
  const shape = Object.fromEntries(
    entries.map(([name, { input, isRequired }]) => [name, isRequired ? input : input.optional()]),
  );
  const others = Object.fromEntries(
    Object.entries(aliases).map(([alias, name]) => [
      alias,
      fields[name]!.input.optional().meta({ description: `Another name for \`${name}\`.` }),
    ]),
  );
  const all = z.strictObject({
    ...shape,
    ...others,
    custom_fields: customFields.optional(),
    ...readOnlyFields,
    ...(mergeRules && { merged_ids: ignored }),
  });
  const withAliases =
    Object.keys(aliases).length > 0 ? (schema: z.ZodType) => aliased(schema, aliases) : plain;
  return {
    input: withAliases(all),
    change: withAliases(all.partial()),
    output: z
      .object({
        ...baseOutput,
        ...Object.fromEntries(entries.map(([name, { output }]) => [name, output])),
        ...(mergeRules && mergeOutput),
      })
      .meta({ id: label.replaceAll(' ', '') }),
  };
}

const plain = (schema: z.ZodType) => schema;

/** Accepts fields by their aliases; a field's own name takes precedence. */
function aliased(schema: z.ZodType, aliases: Readonly<Record<string, string>>): z.ZodType {
  return z.preprocess((sent) => {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
    const body = sent as Record<string, unknown>;
    const named = Object.entries(aliases).filter(([alias]) => body[alias] !== undefined);
    return { ...Object.fromEntries(named.map(([alias, name]) => [name, body[alias]])), ...body };
  }, schema);
}

/** Fields that the server sets. Ignored when sent, so that a client can send back what it read. */
const readOnlyFields = Object.fromEntries(
  ['id', 'object', 'version', 'created_by', 'created_at', 'updated_at', 'deleted_at'].map((name) => [
    name,
    ignored,
  ]),
);

/** Fields that every record has, besides those of its noun. */
const baseOutput = {
  id: z.uuid().meta({ description: 'Record id' }),
  version: z.int().meta({ description: 'Increases by one with every change; used as the ETag' }),
  created_by: z.string().meta({ description: 'Who created the record, as in `api_key:<id>`' }),
  created_at: z.iso.datetime().meta({ description: 'When the record was created' }),
  updated_at: z.iso.datetime().meta({ description: 'When the record was last changed' }),
  custom_fields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: 'Custom fields, by name' }),
};

/** Fields of records that can be merged. */
const mergeOutput = {
  merged_ids: z
    .array(z.uuid())
    .optional()
    .meta({ description: 'Ids of the records that were merged into this one; left out if there are none' }),
};
