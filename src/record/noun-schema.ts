import { z } from 'zod';
import { customFields } from './custom-fields.ts';
import { ignored, type Field } from './fields/field.ts';

/** What makes up a noun's schemas. */
interface Described {
  label: string;
  fields: Readonly<Record<string, Field>>;
  /** Other names under which a client may send a field. */
  aliases?: Readonly<Record<string, string>> | undefined;
}

/** What clients send to create and to change a record, and what they get, from its fields. */
export function nounSchemas({ label, fields, aliases = {} }: Described) {
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
  });
  const taken = Object.keys(aliases).length > 0 ? (schema: z.ZodType) => aliased(schema, aliases) : plain;
  return {
    input: taken(all),
    change: taken(all.partial()),
    output: z
      .object({ ...baseOutput, ...Object.fromEntries(entries.map(([name, { output }]) => [name, output])) })
      .meta({ id: label.replaceAll(' ', '') }),
  };
}

const plain = (schema: z.ZodType) => schema;

/** A field that is sent under another name of its, unless it is sent under its own. */
function aliased(schema: z.ZodType, aliases: Readonly<Record<string, string>>): z.ZodType {
  return z.preprocess((sent) => {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
    const body = sent as Record<string, unknown>;
    const named = Object.entries(aliases).filter(([alias]) => body[alias] !== undefined);
    return { ...Object.fromEntries(named.map(([alias, name]) => [name, body[alias]])), ...body };
  }, schema);
}

/** Fields the server sets: sent back by a client that edits what it read, they are ignored. */
const readOnlyFields = Object.fromEntries(
  ['id', 'object', 'version', 'created_by', 'created_at', 'updated_at', 'deleted_at'].map((name) => [
    name,
    ignored,
  ]),
);

/** What every record answers, beside its noun's own fields. */
const baseOutput = {
  id: z.uuid().meta({ description: 'Record id' }),
  version: z.int().meta({ description: 'Grows by one with every change; the ETag' }),
  created_by: z.string().meta({ description: 'Who created it, as in `api_key:<id>`' }),
  created_at: z.iso.datetime().meta({ description: 'When it was created' }),
  updated_at: z.iso.datetime().meta({ description: 'When it was last changed' }),
  custom_fields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: "The workspace's own fields, by name" }),
};
