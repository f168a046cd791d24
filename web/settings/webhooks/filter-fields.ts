import type { EventSchema } from '../../api/event-type-queries.ts';
import { PIPELINE, TAG } from './filter-draft.ts';

export interface FilterField {
  /** With dots for a nested field. */
  name: string;
  description: string;
  /** Undefined for any type. */
  kind: 'text' | 'number' | 'boolean' | 'time' | 'list' | undefined;
  /** The possible values, if known. */
  choices: readonly string[];
}

interface Schema {
  type?: string;
  format?: string;
  enum?: unknown[];
  description?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
}

/** The fields that a filter on these events may use, from the event schemas. */
export function filterFields(
  types: readonly EventSchema[],
  format: string,
  events: readonly string[],
): FilterField[] {
  const found = new Map<string, FilterField>();
  for (const type of types.filter((item) => isChosen(item, format, events)))
    for (const field of fieldsIn(type.schema, '')) found.set(field.name, found.get(field.name) ?? field);
  const eventFields = [...found.values()];
  const tag = { name: TAG, description: 'A tag of the record.', kind: 'text' as const, choices: [] };
  const pipeline = { ...tag, name: PIPELINE, description: 'The pipeline of the deal.' };
  return [tag, ...(found.has('pipeline_id') ? [pipeline] : []), ...eventFields];
}

function isChosen({ name, formats, names }: EventSchema, format: string, events: readonly string[]): boolean {
  if (events.includes('*') && formats.includes(format)) return true;
  return events.includes(names[format] ?? name);
}

function fieldsIn({ properties = {} }: Schema, before: string): FilterField[] {
  return Object.entries(properties).flatMap(([key, input]) => {
    const schema = { ...input.anyOf?.find(({ type }) => type !== 'null'), ...input };
    const name = before + key;
    const { type, description = '' } = schema;
    if (type === 'object') {
      const inside = fieldsIn(schema, `${name}.`);
      // Custom fields: the schema does not list their names.
      return inside.length > 0 ? inside : [{ name: `${name}.`, description, kind: undefined, choices: [] }];
    }
    const choices = (schema.enum ?? []).filter((item) => typeof item === 'string');
    return [{ name, description, kind: kindOf(schema), choices }];
  });
}

function kindOf({ type, format }: Schema): FilterField['kind'] {
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return 'list';
  return format === 'date-time' || format === 'date' ? 'time' : 'text';
}
