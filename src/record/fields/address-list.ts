import { z } from 'zod';
import { distinctBy } from '../../base/values/distinct.ts';

/** The most further addresses of a record. */
export const MAX_ADDRESSES = 20;

/**
 * What a client may send for a list of addresses; null is an empty list.
 * @param keyOf of items with the same key, the first one is kept
 */
export function addressList(item: z.ZodType<string>, keyOf: (item: string) => string) {
  return z
    .array(item)
    .max(MAX_ADDRESSES, `must have at most ${MAX_ADDRESSES} items`)
    .transform((sent) => distinctBy(sent, keyOf))
    .nullable();
}
