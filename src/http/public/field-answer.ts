import { isEmailAddress } from '../../base/values/email-address.ts';
import { changesAsNumber, digitsOfInexact } from '../../base/values/number.ts';
import { isBlank, storageProblem } from '../../base/values/text.ts';
import { date } from '../../base/values/time.ts';
import type { FieldType, PageField } from './page-field.ts';

export type Answer = string | number | boolean;

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

/** The longest answer by the type of its field, in UTF-16 units. */
export function maxLengthByType(type: FieldType): number {
  if (type === 'textarea') return 10_000;
  return type === 'email' ? 254 : 1000;
}

const NO_CHOICE = 'must be true or false';
const TOO_LONG = 'has more digits than a number can hold';

/**
 * Reads what was sent for a field.
 * @param maxLength in UTF-16 units @returns undefined for none; what is wrong
 */
export function answerOf(
  field: PageField,
  sent: unknown,
  maxLength: number = maxLengthByType(field.type),
): Answer | undefined | { wrong: string } {
  if (sent instanceof Repeated) return answerOfSeveral(field, sent.filled, maxLength);
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
  const wrong = wrongText(field, text, maxLength);
  return wrong === null ? text : { wrong };
}

/** Several values of a text field are joined, so that none is lost; those of other types must be equal. */
function answerOfSeveral(
  field: PageField,
  values: string[],
  maxLength: number,
): Answer | undefined | { wrong: string } {
  const [first, ...others] = values;
  if (others.length === 0) return answerOf(field, first, maxLength);
  switch (field.type) {
    case 'checkbox': {
      // A page may send a hidden `false` before the checkbox.
      const checked = new Set(values.map(isChecked));
      return checked.has(undefined) ? { wrong: NO_CHOICE } : answerOf(field, checked.has(true));
    }
    case 'select':
    case 'text':
    case 'textarea':
    case 'hidden': {
      const joined = values.join(', ');
      const wrong = values.map((value) => wrongText(field, value, maxLength)).find((found) => found !== null);
      const isLong = joined.length > maxLength;
      return wrong || isLong ? { wrong: wrong ?? `must have at most ${maxLength} characters` } : joined;
    }
    default:
      return { wrong: 'was sent several times with different values' };
  }
}

/** Undefined for what is neither. */
export function isChecked(sent: unknown): boolean | undefined {
  if (sent === undefined || sent === null || sent === '' || sent === false || sent === 'false') return false;
  return sent === true || sent === 'true' || sent === 'on' ? true : undefined;
}

function numberOf(sent: unknown): number | { wrong: string } {
  if (digitsOfInexact(sent) !== null) return { wrong: TOO_LONG };
  if (typeof sent !== 'string') return typeof sent === 'number' ? sent : { wrong: 'must be a number' };
  const digits = sent.trim().replace(/^\+/, '').replace(',', '.');
  if (!/^-?\d{1,15}(\.\d{1,10})?$/.test(digits)) return { wrong: 'must be a number' };
  return changesAsNumber(digits) ? { wrong: TOO_LONG } : Number(digits);
}

function wrongText({ type, options }: PageField, text: string, maxLength: number): string | null {
  if (text.length > maxLength) return `must have at most ${maxLength} characters`;
  const problem = storageProblem(text);
  if (problem) return problem;
  switch (type) {
    case 'email':
      return isEmailAddress(text) ? null : 'must be an email address';
    case 'phone':
      return (text.match(/\p{Nd}/gu) ?? []).length >= 3 ? null : 'must be a telephone number';
    case 'date':
      return date.safeParse(text).success ? null : 'must be a date, as in 2026-08-15';
    case 'select':
      return options.includes(text) ? null : 'must be one of the options';
    default:
      return null;
  }
}
