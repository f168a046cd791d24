import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { isUuid } from '../../base/id.ts';
import { currencyUnit, toMinorUnits } from '../../base/values/minor-units.ts';
import { digitsOfInexact } from '../../base/values/number.ts';
import type { Links, Money } from '../../payments/provider-fact.ts';

type Values = Readonly<Record<string, unknown>>;

/** An event of PayPal: https://developer.paypal.com/api/rest/webhooks/ */
export interface PaypalEvent {
  id: string;
  type: string;
  /** Milliseconds since 1970. */
  at: number;
  /** What the event is about, as it was then. */
  resource: Values;
}

/** A text with a visible character; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** An object; empty for anything else. */
export function objectOf(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
}

/** The objects of a list; empty for anything else. */
export function listOf(value: unknown): readonly Values[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

/** A time in milliseconds since 1970. */
export function timeOf(value: unknown): number | undefined {
  const time = Date.parse(textOf(value) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** A number from 0 on, or its digits. */
export function countOf(value: unknown): number | undefined {
  const { data } = z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .safeParse(value ?? undefined);
  return data;
}

/** The id of the resource. Throws `validation_error` without one. */
export function idOf({ resource }: PaypalEvent): string {
  return required(textOf(resource['id']), 'resource.id');
}

/** Throws `validation_error` if the event does not say it. */
export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw invalid(field, 'is required');
  return value;
}

/**
 * An amount, in either form of PayPal's API: `{value, currency_code}` or `{total, currency}`. A reversal of the first
 * API is negative. Undefined without one; throws `validation_error` for one that its currency does not have.
 * @param field names the amount in the error
 */
export function moneyOf(amount: unknown, field: string): Money | undefined {
  const { value, total, currency_code: code, currency = code } = objectOf(amount);
  const currencyText = textOf(currency);
  const digits = decimalOf(value ?? total);
  if (digits === undefined || currencyText === undefined) return undefined;
  const minor = toMinorUnits(digits, currencyText, `${field}.${value === undefined ? 'total' : 'value'}`);
  return { minor: minor < 0n ? -minor : minor, currency: currencyUnit(currencyText).code };
}

/** PayPal writes amounts as texts. */
function decimalOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return textOf(value) ?? digitsOfInexact(value) ?? undefined;
}

/** Who pays: `payer` of an order, `subscriber` of a subscription. `payee` is the seller. */
export function payerOf(payer: unknown): Links {
  const { email_address: address, name, payer_id: id, payer_info: info } = objectOf(payer);
  // The first API has them one level deeper.
  const inner = objectOf(info);
  const {
    given_name: first = inner['first_name'],
    surname: last = inner['last_name'],
    full_name: full,
  } = objectOf(name);
  const fullName = [textOf(first), textOf(last)].filter((part) => part !== undefined).join(' ');
  return defined({
    customerId: textOf(id ?? inner['payer_id']),
    email: textOf(address ?? inner['email']),
    name: textOf(full) ?? textOf(fullName),
  });
}

/**
 * The records that the seller passed on in `custom_id`: a contact's id, or
 * `fairlead_contact_id=…&fairlead_deal_id=…`. Sellers also use `custom_id` for numbers of their own.
 */
export function referencesOf(customId: unknown): Pick<Links, 'contactRef' | 'dealRef'> {
  const text = textOf(customId) ?? '';
  if (isUuid(text)) return { contactRef: text };
  const passed = new URLSearchParams(text);
  return defined({
    contactRef: textOf(passed.get('fairlead_contact_id')),
    dealRef: textOf(passed.get('fairlead_deal_id')),
  });
}

/** The id at the end of the link to another resource, as in `…/v2/payments/captures/2GG279541U471931P`. */
export function linkedId(links: unknown, rels: readonly string[], collection: RegExp): string | undefined {
  for (const { rel, href } of listOf(links)) {
    if (!rels.includes(textOf(rel) ?? '')) continue;
    const found = new RegExp(`/(?:${collection.source})/([^/?#]+)`).exec(textOf(href) ?? '');
    if (found) return found[1];
  }
  return undefined;
}

/** Without the properties that are undefined: a fact says only what its event says. */
export function defined<T extends object>(values: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}
