import { z } from 'zod';
import { phoneDigits } from '../../base/fold.ts';
import { requiredText } from '../../base/values/text.ts';
import { addressList } from './address-list.ts';
import { makeField, type FieldOptions } from './field.ts';
import { MAX_PHONE } from './phone.ts';

/** Further telephone numbers of a record with a `phone` field; with different digits. */
export function phones<const Options extends FieldOptions>(options: Options) {
  return makeField<string[], Options & { default: [] }>(
    { kind: 'phones', input: addressList(requiredText(MAX_PHONE), phoneKey), output: z.array(z.string()) },
    { ...options, default: [] },
  );
}

/** By which two numbers of a list are the same; a text without digits is compared as it is. */
export function phoneKey(phone: string): string {
  return phoneDigits(phone) || phone;
}
