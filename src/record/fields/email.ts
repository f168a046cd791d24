import { z } from 'zod';
import { emailAddress, emailFilter } from '../../base/values/email-address.ts';
import { makeField, type FieldOptions } from './field.ts';

/** An e-mail address: kept as sent, compared ignoring case. */
export function email<const Options extends FieldOptions & { sample?: string }>(options: Options) {
  return makeField<string, Options>(
    {
      kind: 'email',
      input: emailAddress,
      output: z.string(),
      filter: { by: 'caseless', schema: emailFilter },
      hasExample: true,
    },
    options,
  );
}
