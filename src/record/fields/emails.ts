import { z } from 'zod';
import { caseless } from '../../base/fold.ts';
import { isEmailAddress, MAX_ADDRESS_CHARACTERS } from '../../base/values/email-address.ts';
import { requiredText } from '../../base/values/text.ts';
import { addressList } from './address-list.ts';
import { makeField, type FieldOptions } from './field.ts';

const item = requiredText(MAX_ADDRESS_CHARACTERS).refine(isItem, 'must be an email address');

function isItem(value: string): boolean {
  return isEmailAddress(value);
}

/** Further e-mail addresses of a record with an `email` field; different ignoring case. */
export function emails<const Options extends FieldOptions>(options: Options) {
  return makeField<string[], Options & { default: [] }>(
    { kind: 'emails', input: addressList(item, caseless), output: z.array(z.string()) },
    { ...options, default: [] },
  );
}
