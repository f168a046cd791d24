import { invalid, type FieldError } from '../../base/errors.ts';
import { isEmailAddress } from '../../base/values/email-address.ts';
import { changesAsNumber, digitsOfInexact } from '../../base/values/number.ts';
import { isBlank, storageProblem } from '../../base/values/text.ts';
import { date } from '../../base/values/time.ts';
import type { FormFields } from '../../http/form-body.ts';
import { CONTROLS, honeypot } from '../../http/public/public-page.ts';
import type { CustomValue } from '../../record/custom-fields.ts';
import type { LeadInput } from '../leads/lead-input.ts';
import type { Form, FormField, LeadField } from './form.ts';

export type FormValue = string | number | boolean;

/** A visitor's consent, with its text at that time. */
export interface Consent {
  text: string;
  given: boolean;
}

/** A visitor's answers to the fields of a form. */
export interface Answers {
  values: Record<string, FormValue>;
  consent: Consent | null;
}

/** The values of a repeated field, such as a group of checkboxes. */
export class Repeated {
  readonly values: readonly string[];

  constructor(values: readonly string[]) {
    this.values = values;
  }

  /** The values that are not blank, without duplicates. */
  get filled(): string[] {
    return [...new Set(this.values.map((value) => value.trim()).filter((value) => value !== ''))];
  }
}

/**
 * The fields of a page by the keys of its form: a name may end in `[]`, as for PHP and Rails, and may be repeated. Of a
 * repeated field that the form does not have, the last value that is filled in counts.
 */
export function fieldsOfPage(form: Form, sent: FormFields): Record<string, unknown> {
  const keys = new Set(form.fields.map(({ key }) => key));
  const fields = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(sent)) {
    const key = name.endsWith('[]') && keys.has(name.slice(0, -2)) ? name.slice(0, -2) : name;
    const values = new Repeated([...valuesOf(fields[key]), value].flat());
    if (values.values.length === 1) fields[key] = values.values[0];
    else fields[key] = keys.has(key) ? values : (values.filled.at(-1) ?? '');
  }
  return fields;
}

function valuesOf(value: unknown): readonly string[] {
  if (value instanceof Repeated) return value.values;
  return typeof value === 'string' ? [value] : [];
}

/** Anyone can send these fields: bounds the disk space of a submission. */
const MAX_OTHER_CHARACTERS = 16_384;

/** Browsers fill this field in with the charset of the page. */
const CHARSET = '_charset_';

/** The name of the consent checkbox. */
export const CONSENT = '_consent';

export const UTM = /^utm_(source|medium|campaign|term|content)$/;

/** The name of a form's honeypot field: none of its keys. */
export function honeypotName({ fields }: Form): string {
  return honeypot.nameFor(fields.map(({ key }) => key));
}

/** The longest value, in UTF-16 units, by the lead field that it maps to. */
const MAX_LENGTHS: Partial<Record<LeadField, number>> = {
  first_name: 200,
  last_name: 200,
  name: 200,
  email: 254,
  phone: 100,
  event_type: 200,
};

/**
 * Reads the answers to a form's fields.
 * @returns the answers, or an error for each invalid one
 */
export function readAnswers(form: Form, sent: Record<string, unknown>): Answers | FieldError[] {
  const errors: FieldError[] = [];
  const values: Record<string, FormValue> = {};
  for (const field of form.fields) {
    const read = valueOf(field, Object.hasOwn(sent, field.key) ? sent[field.key] : undefined);
    if (typeof read === 'object') errors.push({ field: field.key, message: read.wrong });
    else if (read !== undefined) values[field.key] = read;
  }
  const consent =
    form.consent_text === null ? null : { text: form.consent_text, given: isChecked(sent[CONSENT]) === true };
  if (consent && !consent.given && form.consent_required)
    errors.push({ field: CONSENT, message: 'is required' });
  return errors.length > 0 ? errors : { values, consent };
}

/**
 * Fields of a page that the form does not have, exactly as sent: they are stored with the submission and not used
 * otherwise. Throws `validation_error` if they are too long together.
 */
export function otherFields(form: Form, sent: FormFields): FormFields {
  const known = new Set(form.fields.flatMap(({ key }) => [key, `${key}[]`]));
  const names = unknownNames(form, sent).filter((name) => !known.has(name) && name !== CHARSET);
  const others = Object.fromEntries(names.map((name) => [name, sent[name]!]));
  if (JSON.stringify(others).length > MAX_OTHER_CHARACTERS)
    throw invalid(
      'body',
      `must have at most ${MAX_OTHER_CHARACTERS} characters in fields that the form does not have`,
    );
  return others;
}

/** Names in a body that are no fields of the form. */
export function unknownNames(form: Form, sent: Record<string, unknown>): string[] {
  const known = new Set<string>([
    ...form.fields.map(({ key }) => key),
    ...Object.values(CONTROLS),
    CONSENT,
    honeypotName(form),
  ]);
  return Object.keys(sent).filter((name) => !known.has(name) && !UTM.test(name));
}

const NO_CHOICE = 'must be true or false';

function valueOf(field: FormField, sent: unknown): FormValue | undefined | { wrong: string } {
  if (sent instanceof Repeated) return valueOfSeveral(field, sent.filled);
  if (field.type === 'checkbox') {
    const checked = isChecked(sent);
    if (checked === undefined) return { wrong: NO_CHOICE };
    return field.required && !checked ? { wrong: 'must be checked' } : checked;
  }
  if (sent === undefined || sent === null || (typeof sent === 'string' && isBlank(sent))) {
    if (field.required) return { wrong: 'is required' };
    return field.type === 'hidden' ? (field.value ?? undefined) : undefined;
  }
  if (field.type === 'number') return numberOf(sent);
  if (typeof sent !== 'string') return { wrong: 'must be a text' };
  const text = sent.trim();
  const wrong = wrongText(field, text);
  return wrong === null ? text : { wrong };
}

/** Several values of a text field are joined, so that none is lost; those of other types must be equal. */
function valueOfSeveral(field: FormField, values: string[]): FormValue | undefined | { wrong: string } {
  const [first, ...others] = values;
  if (others.length === 0) return valueOf(field, first);
  switch (field.type) {
    case 'checkbox': {
      // A page may send a hidden `false` before the checkbox.
      const checked = new Set(values.map(isChecked));
      return checked.has(undefined) ? { wrong: NO_CHOICE } : valueOf(field, checked.has(true));
    }
    case 'select':
    case 'text':
    case 'textarea':
    case 'hidden': {
      const joined = values.join(', ');
      const wrong = values.map((value) => wrongText(field, value)).find((found) => found !== null);
      const isLong = joined.length > maxLengthOf(field);
      return wrong || isLong
        ? { wrong: wrong ?? `must have at most ${maxLengthOf(field)} characters` }
        : joined;
    }
    default:
      return { wrong: 'was sent several times with different values' };
  }
}

function isChecked(sent: unknown): boolean | undefined {
  if (sent === undefined || sent === null || sent === '' || sent === false || sent === 'false') return false;
  return sent === true || sent === 'true' || sent === 'on' ? true : undefined;
}

function numberOf(sent: unknown): FormValue | { wrong: string } {
  if (digitsOfInexact(sent) !== null) return { wrong: TOO_LONG };
  if (typeof sent !== 'string') return typeof sent === 'number' ? sent : { wrong: 'must be a number' };
  const digits = sent.trim().replace(/^\+/, '').replace(',', '.');
  if (!/^-?\d{1,15}(\.\d{1,10})?$/.test(digits)) return { wrong: 'must be a number' };
  return changesAsNumber(digits) ? { wrong: TOO_LONG } : Number(digits);
}

const TOO_LONG = 'has more digits than a number can hold';

function wrongText(field: FormField, text: string): string | null {
  const maxLength = maxLengthOf(field);
  if (text.length > maxLength) return `must have at most ${maxLength} characters`;
  const problem = storageProblem(text);
  if (problem) return problem;
  switch (field.type) {
    case 'email':
      return isEmailAddress(text) ? null : 'must be an email address';
    case 'phone':
      return (text.match(/\p{Nd}/gu) ?? []).length >= 3 ? null : 'must be a telephone number';
    case 'date':
      return date.safeParse(text).success ? null : 'must be a date, as in 2026-08-15';
    case 'select':
      return field.options.includes(text) ? null : 'must be one of the options';
    default:
      return null;
  }
}

/** The longest value of a field, in UTF-16 units: that of its lead field, else of its type. */
export function maxLengthOf({ type, maps_to: target }: FormField): number {
  const column = target === null ? undefined : MAX_LENGTHS[target as LeadField];
  return column ?? (type === 'email' ? 254 : type === 'textarea' ? 10_000 : 1000);
}

/** The fields of the lead, from the answers whose form fields map to them. */
export function leadOf(form: Form, values: Record<string, FormValue>): LeadInput {
  const lead: Record<string, FormValue> = {};
  const custom: Record<string, CustomValue> = {};
  for (const { key, maps_to: target } of form.fields) {
    const value = values[key];
    if (target === null || value === undefined) continue;
    if (target.startsWith('custom_fields.')) custom[target.slice('custom_fields.'.length)] = value;
    else lead[target] = value;
  }
  return { ...lead, custom_fields: custom };
}
