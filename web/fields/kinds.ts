import { boolean } from './boolean.tsx';
import { currencyCode } from './currency-code.tsx';
import { currency } from './currency.tsx';
import { date } from './date.tsx';
import { datetime } from './datetime.tsx';
import { email } from './email.tsx';
import { emails } from './emails.tsx';
import type { FieldKind } from './field-kind.ts';
import { longText } from './long-text.tsx';
import { number } from './number.tsx';
import { phone } from './phone.tsx';
import { phones } from './phones.tsx';
import { record } from './record.tsx';
import { select } from './select.tsx';
import { tags } from './tags.tsx';
import { text } from './text.tsx';
import { url } from './url.tsx';
import { user } from './user.tsx';

/** The kinds of fields, by the names that the API has for them. Fields of any other kind are not shown. */
export const FIELD_KINDS: Readonly<Record<string, FieldKind>> = {
  text,
  long_text: longText,
  email,
  emails,
  phone,
  phones,
  url,
  number,
  currency,
  currency_code: currencyCode,
  date,
  datetime,
  boolean,
  select,
  record,
  user,
  tags,
};

/** The kind of a field that is shown. Throws for one that has no widget. */
export function shownKind(name: string): FieldKind {
  const kind = FIELD_KINDS[name];
  if (kind === undefined) throw new Error(`fields of the kind ${name} are not shown`);
  return kind;
}
