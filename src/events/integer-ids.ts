import type { Uuid } from '../base/id.ts';
import type { JsonSchema, ObjectSchema } from './event-schema.ts';
import type { NumberedObject, Numbers } from './record-number.ts';

/** Fields of a record that hold ids of objects, or lists of them: the object by field, as in `company_id: 'company'`. */
export type IdFields = Readonly<Record<string, string>>;

const ID = /^(?:[a-z]+_)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;
/** `user:<id>`, `api_key:<id>`: who created a record. */
const ACTOR = /^([a-z_]+):([0-9a-f-]{36})$/;

/** Records that were moved by a merge, as its event has them. */
interface Moved {
  object: string;
  ids?: string[];
}

/**
 * Replaces the ids in a record of an event, by a function that gets the object and the id. Custom fields and ids of other
 * systems stay as they are.
 * @param object the object of the record
 */
function replaceIds(
  record: Readonly<Record<string, unknown>>,
  object: string,
  fields: IdFields,
  replaced: (object: string, id: Uuid) => unknown,
): Record<string, unknown> {
  const all: IdFields = { ...fields, id: object, merged_ids: object };
  const replace = (target: string, value: unknown): unknown => {
    const id = typeof value === 'string' ? uuidOf(value) : undefined;
    return id === undefined ? value : replaced(target, id);
  };
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      const target = Object.hasOwn(all, name) ? all[name] : undefined;
      if (target !== undefined)
        return [
          name,
          Array.isArray(value) ? value.map((item) => replace(target, item)) : replace(target, value),
        ];
      if (name === 'created_by') return [name, actorWith(value, replaced)];
      if (name === 'moved' && Array.isArray(value)) {
        const moved = value as Moved[];
        return [
          name,
          moved.map((item) => ({
            ...item,
            ...(item.ids && { ids: item.ids.map((id) => replace(item.object, id)) }),
          })),
        ];
      }
      return [name, value];
    }),
  );
}

function actorWith(value: unknown, replaced: (object: string, id: Uuid) => unknown): unknown {
  const [, kind, id] = (typeof value === 'string' && ACTOR.exec(value)) || [];
  if (kind === undefined) return value;
  return `${kind}:${String(replaced(kind === 'user' ? 'member' : kind, id!))}`;
}

function uuidOf(text: string): Uuid | undefined {
  const parts = ID.exec(text);
  return parts ? parts.slice(1).join('-') : undefined;
}

/** The objects whose ids are in a record of an event. */
export function objectsIn(
  record: Readonly<Record<string, unknown>>,
  object: string,
  fields: IdFields,
): NumberedObject[] {
  const found: NumberedObject[] = [];
  replaceIds(record, object, fields, (target, id) => found.push({ object: target, id }));
  return found;
}

/**
 * A record of an event with integers in place of its ids: 42 for an id, `user:42` for an actor. Null for an object without
 * a number.
 */
export function withIntegerIds(
  record: Readonly<Record<string, unknown>>,
  object: string,
  fields: IdFields,
  numbers: Numbers,
): Record<string, unknown> {
  const own = record['id'];
  return replaceIds(record, object, fields, (_target, id) => {
    const number = numbers.get(id);
    if (number !== undefined) return number;
    // The sample of an object that numbers itself.
    return (id === own ? record['number'] : null) ?? null;
  });
}

/** The schema of such a record. */
export function schemaWithIntegerIds(schema: ObjectSchema, fields: IdFields): ObjectSchema {
  const names = new Set([...Object.keys(fields), 'id', 'merged_ids']);
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [
        name,
        names.has(name) ? integerIn(property) : name === 'moved' ? movedSchema(property) : property,
      ]),
    ),
  };
}

/** The same schema for integers: of one id, of null or an id, or of a list. */
function integerIn(property: JsonSchema): JsonSchema {
  const { type, anyOf, items, format: _format, pattern: _pattern, ...rest } = property;
  if (Array.isArray(anyOf)) return { ...rest, anyOf: (anyOf as JsonSchema[]).map(integerIn) };
  if (type === 'array') return { ...rest, type, items: integerIn(items as JsonSchema) };
  if (type === 'null') return property;
  if (Array.isArray(type))
    return { ...rest, type: type.map((item: unknown) => (item === 'string' ? 'integer' : item)) };
  return { ...rest, type: 'integer' };
}

interface ListSchema extends JsonSchema {
  items: JsonSchema & { properties: Readonly<Record<string, JsonSchema>> };
}

function movedSchema(property: JsonSchema): JsonSchema {
  const { items } = property as ListSchema;
  const { ids, ...others } = items.properties;
  return { ...property, items: { ...items, properties: { ...others, ...(ids && { ids: integerIn(ids) }) } } };
}

/** Numbers that are counted from 1 in the order of their use: for examples, and where there is no database. */
export function countedNumbers(): Numbers {
  return new CountedNumbers();
}

class CountedNumbers extends Map<Uuid, number> {
  override get(id: Uuid): number {
    if (!this.has(id)) this.set(id, this.size + 1);
    return super.get(id)!;
  }
}
