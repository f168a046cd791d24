import { invalid, type FieldError } from '../../base/errors.ts';
import type { FormFields } from '../../http/form-body.ts';
import {
  answerOf,
  isChecked,
  maxLengthByType,
  Repeated,
  type Answer,
} from '../../http/public/field-answer.ts';
import { CONTROLS, honeypot } from '../../http/public/public-page.ts';
import type { CustomValue } from '../../record/custom-fields.ts';
import type { LeadInput } from '../leads/lead-input.ts';
import type { Form, FormField, LeadField } from './form.ts';

export type FormValue = Answer;

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
    const value = Object.hasOwn(sent, field.key) ? sent[field.key] : undefined;
    const read = answerOf(field, value, maxLengthOf(field));
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

/** The longest value of a field, in UTF-16 units: that of its lead field, else of its type. */
export function maxLengthOf({ type, maps_to: target }: FormField): number {
  const column = target === null ? undefined : MAX_LENGTHS[target as LeadField];
  return column ?? maxLengthByType(type);
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
