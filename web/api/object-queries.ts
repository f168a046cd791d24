import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components } from './schema.d.ts';

/** A kind of record with its fields, as in `contact`: forms, lists and pages are drawn from it. */
export type ObjectType = components['schemas']['Object'];
export type ObjectField = components['schemas']['ObjectField'];

export const OBJECTS_KEY = ['objects'];

/** The objects whose records the session may read. Options of a field may change at any time, as by a new lead source. */
export const objectsQuery = queryOptions({
  queryKey: OBJECTS_KEY,
  queryFn: async ({ signal }) => {
    const params = { query: { brief: 'true' } };
    return (await dataOf(api.GET('/api/v1/objects', { params, signal }))).data;
  },
  staleTime: 60_000,
});

export function useObjects(): ObjectType[] {
  return useSuspenseQuery(objectsQuery).data;
}

/** The object with this key, as in `contact`; undefined if there is none or the session may not read it. */
export function useObject(key: string | undefined): ObjectType | undefined {
  return useObjects().find((object) => object.key === key);
}

/** The field with this key; undefined if the object has none. */
export function fieldOf({ fields }: ObjectType, key: string): ObjectField | undefined {
  return fields.find((field) => field.key === key);
}

/** The name of an object within a sentence: `Price list` to `price list`; `SKU` stays. */
export function nounOf({ label }: Pick<ObjectType, 'label'>): string {
  return inSentence(label);
}

/** Lowers the first letter, unless the word is written in capitals. */
export function inSentence(label: string): string {
  return /^\p{Lu}\p{Lu}/u.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1);
}
