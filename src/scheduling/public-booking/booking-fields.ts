import type { FieldError } from '../../base/errors.ts';
import { html, type Html } from '../../http/public/html.ts';
import type { BookingPage } from '../booking-pages/booking-page.ts';
import type { BookingQuestion } from '../booking-pages/booking-question.ts';
import type { SentFields } from './guest-input.ts';

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

interface GuestField {
  key: string;
  label: string;
  type: 'text' | 'email' | 'tel';
  autocomplete: string | null;
  required: boolean;
  help?: string;
}

/** One of the page's own fields. */
export function guestField(
  view: DetailFields,
  { key, label, type, autocomplete, required, help }: GuestField,
): Html {
  return labelled(
    view,
    { key, label, required, help: help ?? null },
    (common) =>
      html`<input
        ${common}
        type="${type}"
        value="${textOf(view.values[key])}"
        ${autocomplete !== null && html`autocomplete="${autocomplete}"`}
      />`,
  );
}

const INPUT_TYPES: Readonly<Partial<Record<BookingQuestion['type'], string>>> = {
  email: 'email',
  phone: 'tel',
  date: 'date',
  number: 'number',
};

export function questionField(view: DetailFields, question: BookingQuestion): Html {
  const { key, type, options, placeholder } = question;
  const value = textOf(view.values[key] ?? question.value);
  if (type === 'hidden') return html`<input type="hidden" name="${key}" value="${value}" />`;
  const hint = placeholder !== null && html`placeholder="${placeholder}"`;
  return labelled(view, question, (common) => {
    switch (type) {
      case 'textarea':
        // HTML drops a line break right after <textarea>.
        return html`<textarea ${common} ${hint} rows="4">${value}</textarea>`;
      case 'select':
        return html`<select ${common}>
          <option value="">${placeholder ?? 'Choose…'}</option>
          ${options.map(
            (option) =>
              html`<option value="${option}" ${option === value && html`selected`}>${option}</option>`,
          )}
        </select>`;
      case 'checkbox':
        return html`<input ${common} type="checkbox" value="true" ${value === 'true' && html`checked`} />`;
      default:
        return html`<input
          ${common}
          ${hint}
          type="${INPUT_TYPES[type] ?? 'text'}"
          value="${value}"
          ${type === 'number' && html`step="any"`}
        />`;
    }
  });
}

function labelled(
  { errors }: DetailFields,
  {
    key,
    label,
    required,
    help,
    type,
  }: Pick<BookingQuestion, 'key' | 'label' | 'required' | 'help'> & { type?: string },
  control: (common: Html) => Html,
): Html {
  const error = errors.find((item) => item.field === key)?.message;
  const described = [
    ...(help === null ? [] : [`help-${key}`]),
    ...(error === undefined ? [] : [`error-${key}`]),
  ];
  const common = html`id="field-${key}" name="${key}" ${required && html`required`}
  ${described.length > 0 && html`aria-describedby="${described.join(' ')}"`}
  ${error !== undefined && html`aria-invalid="true"`}`;
  const isCheckbox = type === 'checkbox';
  const caption = html`<label for="field-${key}"
    >${label}${!required && !isCheckbox && html` <span class="optional">(optional)</span>`}</label
  >`;
  return html`<div class="field ${error !== undefined && 'wrong'}">
    ${isCheckbox ? html`<div class="check">${control(common)}${caption}</div>` : html`${caption}${control(common)}`}
    ${help !== null && html`<p class="help" id="help-${key}">${help}</p>`}
    ${error !== undefined && html`<p class="error" id="error-${key}">${label} ${error}</p>`}
  </div>`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string').join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
