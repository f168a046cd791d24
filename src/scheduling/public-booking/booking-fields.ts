import type { FieldError } from '../../base/errors.ts';
import { maxLengthByType } from '../../http/public/field-answer.ts';
import { fieldControl } from '../../http/public/field-control.ts';
import { html, type Html } from '../../http/public/html.ts';
import type { BookingPage } from '../booking-pages/booking-page.ts';
import type { BookingQuestion } from '../booking-pages/booking-question.ts';
import { MAX_TEXT, type SentFields } from './guest-input.ts';

/** What the fields of the details show. */
export interface DetailFields {
  page: BookingPage;
  values: SentFields;
  errors: readonly FieldError[];
  /** Above the fields, for other errors. */
  notice: string | null;
}

const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  email: 'Email',
  phone: 'Phone',
  location: 'Where?',
  guests: 'Further guests',
  start: 'Time',
  duration: 'Duration',
};

/** All errors, before the fields, so that screen readers read them first. */
export function problemList({ page, errors, notice }: DetailFields): Html {
  const labelOf = (key: string) =>
    page.questions.find((question) => question.key === key)?.label ?? LABELS[key] ?? key;
  return html`<div class="problems" role="alert">
    <p>${notice ?? 'Please correct the fields marked below.'}</p>
    <ul>
      ${errors.map(({ field, message }) => html`<li><a href="#field-${field}">${labelOf(field)}</a> ${message}</li>`)}
    </ul>
  </div>`;
}

/** The longest values of the page's own fields, in UTF-16 units. */
const MAX_LENGTHS = { ...MAX_TEXT, email: maxLengthByType('email'), guests: 2600 };

interface GuestField {
  key: keyof typeof MAX_LENGTHS;
  label: string;
  type: 'text' | 'email' | 'phone';
  autocomplete?: string;
  required: boolean;
  help?: string | null;
}

/** One of the page's own fields. */
export function guestField(
  { values, errors }: DetailFields,
  { autocomplete, help = null, ...own }: GuestField,
): Html {
  const { key } = own;
  return fieldControl({
    field: { ...own, help, options: [], placeholder: null, value: null },
    value: values[key],
    error: errors.find((item) => item.field === key)?.message,
    autocomplete,
    maxLength: MAX_LENGTHS[key],
  });
}

export function questionField({ values, errors }: DetailFields, field: BookingQuestion): Html {
  const { key, type } = field;
  const error = errors.find((item) => item.field === key)?.message;
  return fieldControl({ field, value: values[key], error, maxLength: maxLengthByType(type) });
}
