import { Repeated } from './field-answer.ts';
import { html, type Html } from './html.ts';
import type { PageField } from './page-field.ts';

/** A field as a page shows it. */
export interface ShownField {
  field: PageField;
  /** As it was sent; undefined: the value of a hidden field. */
  value: unknown;
  /** What is wrong with the value. */
  error: string | undefined;
  /** The name of the value in address books of browsers. */
  autocomplete?: string | undefined;
  /** In UTF-16 units. */
  maxLength: number;
}

/** A field with its label, its help and its error. */
export function fieldControl(shown: ShownField): Html {
  const { field, error } = shown;
  const { key, label, type, required, help } = field;
  const value = shown.value ?? field.value;
  if (type === 'hidden') return html`<input type="hidden" name="${key}" value="${textOf(value)}" />`;
  const isCheckbox = type === 'checkbox';
  const control = controlOf(shown, value);
  const caption = html`<label for="field-${key}"
    >${label}${!required && !isCheckbox && html` <span class="optional">(optional)</span>`}</label
  >`;
  return html`
    <div class="field ${error !== undefined && 'wrong'}">
      ${isCheckbox ? html`<div class="check">${control}${caption}</div>` : html`${caption}${control}`}
      ${help !== null && html`<p class="help" id="help-${key}">${help}</p>`}
      ${error !== undefined && html`<p class="error" id="error-${key}">${label} ${error}</p>`}
    </div>
  `;
}

const INPUT_TYPES: Readonly<Partial<Record<PageField['type'], string>>> = {
  email: 'email',
  phone: 'tel',
  date: 'date',
  number: 'number',
};

function controlOf(shown: ShownField, sent: unknown): Html {
  const { field, maxLength } = shown;
  const { type, placeholder } = field;
  const common = attributes(shown);
  const value = textOf(sent);
  const hint = placeholder !== null && html`placeholder="${placeholder}"`;
  switch (type) {
    case 'textarea':
      // HTML drops a line break right after <textarea>.
      return html`<textarea ${common} ${hint} rows="5" maxlength="${maxLength}">${value}</textarea>`;
    case 'select':
      return html`<select ${common}>
        <option value="">${placeholder ?? 'Choose…'}</option>
        ${field.options.map(
          (option) =>
            html`<option value="${option}" ${option === value && html`selected`}>${option}</option>`,
        )}
      </select>`;
    case 'checkbox': {
      const checked = sent === true || value === 'true' || value === 'on';
      return html`<input ${common} type="checkbox" value="true" ${checked && html`checked`} />`;
    }
    default:
      return html`<input
        ${common}
        ${hint}
        type="${INPUT_TYPES[type] ?? 'text'}"
        value="${value}"
        ${type === 'number' ? html`step="any"` : html`maxlength="${maxLength}"`}
      />`;
  }
}

/** Attributes that every kind of control has. */
function attributes({ field: { key, required, help }, error, autocomplete }: ShownField): Html {
  const described = [
    ...(help === null ? [] : [`help-${key}`]),
    ...(error === undefined ? [] : [`error-${key}`]),
  ];
  return html`id="field-${key}" name="${key}" ${required && html`required`}
  ${described.length > 0 && html`aria-describedby="${described.join(' ')}"`}
  ${error !== undefined && html`aria-invalid="true"`}
  ${autocomplete !== undefined && html`autocomplete="${autocomplete}"`}`;
}

/** A repeated field has several values, and a list of further guests too. */
function textOf(value: unknown): string {
  if (value instanceof Repeated) return value.filled.join(', ');
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string').join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
