import type { FieldError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { html, type Html } from '../../http/public/html.ts';
import {
  CONTROLS,
  hiddenFields,
  honeypot,
  NO_FRAME,
  paragraphs,
  publicPage,
  searchOf,
  type Frame,
  type PageFiles,
} from '../../http/public/public-page.ts';
import { CONSENT, maxLengthOf, honeypotName, Repeated } from './form-values.ts';
import { publicId, type Form, type FormField } from './form.ts';

/** The bundled files of web/public/. */
export const FORM_FILES: PageFiles = { stylesheet: '/f/assets/form.css', script: '/f/assets/form.js' };

/** What the page of one visitor shows. */
export interface FormView {
  form: Form;
  token: string;
  /** The proof of work as JSON. */
  challenge: string;
  /** The field values: from the query, or as sent. */
  values: Record<string, unknown>;
  errors: readonly FieldError[];
  /** A message above the fields, for other errors. */
  notice: string | null;
  /** Additional hidden fields: where the visitor came from. */
  carried: Record<string, string>;
  frame: Frame;
  logo: PageLogo | null;
}

/** The workspace's logo. */
export interface PageLogo {
  path: string;
  workspaceName: string;
}

/** The logo of a workspace, if it has one. */
export type LogoOf = (workspaceId: Uuid) => Promise<PageLogo | undefined>;

/** The whole page of a form. */
export function formPage(view: FormView): string {
  const { form, errors, notice, frame, logo } = view;
  const title = form.title ?? form.name;
  const path = `/f/${publicId(form.id)}${searchOf(frame)}`;
  const body = html`
    ${logoOf(logo, frame)}
    <h1>${title}</h1>
    ${form.intro !== null && paragraphs(form.intro)}
    ${(errors.length > 0 || notice !== null) && problems(form, errors, notice)}
    <form method="post" action="${path}" data-challenge="${view.challenge}">
      ${form.fields.map((field) => fieldOf(field, view))}
      ${form.consent_text !== null && consent(form.consent_text, view)} ${honeypot.field(honeypotName(form))}
      ${hiddenFields({ ...view.carried, [CONTROLS.token]: view.token })}
      <input type="hidden" name="${CONTROLS.proof}" value="" />
      <button type="submit">${form.submit_label}</button>
    </form>
  `;
  return publicPage(errors.length > 0 ? `Please check: ${title}` : title, body, frame, FORM_FILES);
}

/** The page after a form was sent. */
export function thanksPage(form: Form, frame: Frame, logo: PageLogo | null): string {
  const { redirect_url: url } = form;
  const body = html`
    ${logoOf(logo, frame)}
    <div role="status" ${url !== null && html`data-redirect="${url}"`}>
      <h1>${form.title ?? form.name}</h1>
      ${url === null ? paragraphs(form.thanks_text) : html`<p><a href="${url}" target="_top">Continue</a></p>`}
    </div>
  `;
  return publicPage(form.title ?? form.name, body, frame, FORM_FILES);
}

/** An embedded form is part of a page that has its own logo. */
function logoOf(logo: PageLogo | null, { embedded }: Frame): Html | false {
  return (
    logo !== null && !embedded && html`<img class="logo" src="${logo.path}" alt="${logo.workspaceName}" />`
  );
}

/** The page of a form that is not saved yet. */
export function previewPage(form: Form, logo: PageLogo | null): string {
  const frame = { ...NO_FRAME, isPreview: true };
  const empty = { token: '', challenge: '', values: {}, errors: [], notice: null, carried: {} };
  return formPage({ form, ...empty, frame, logo });
}

/** All errors, before the fields, so that screen readers read them first. */
function problems(form: Form, errors: readonly FieldError[], notice: string | null): Html {
  const labelOf = (key: string) => form.fields.find((field) => field.key === key)?.label ?? 'Consent';
  return html`
    <div class="problems" role="alert">
      <p>${notice ?? 'Please correct the fields marked below.'}</p>
      <ul>
        ${errors.map(
          ({ field, message }) => html`<li><a href="#field-${field}">${labelOf(field)}</a> ${message}</li>`,
        )}
      </ul>
    </div>
  `;
}

const AUTOCOMPLETE: Readonly<Record<string, string>> = {
  name: 'name',
  first_name: 'given-name',
  last_name: 'family-name',
  email: 'email',
  phone: 'tel',
};

const INPUT_TYPES: Readonly<Partial<Record<FormField['type'], string>>> = {
  email: 'email',
  phone: 'tel',
  date: 'date',
  number: 'number',
};

function fieldOf(field: FormField, view: FormView): Html {
  const { key, type } = field;
  const value = view.values[key] ?? field.value;
  if (type === 'hidden') return html`<input type="hidden" name="${key}" value="${textOf(value)}" />`;
  const error = view.errors.find((item) => item.field === key)?.message;
  const control = controlOf(field, value, attributes(field, error));
  const label = html`<label for="field-${key}">${field.label}${!field.required && optional(field)}</label>`;
  return html`
    <div class="field ${error !== undefined && 'wrong'}">
      ${type === 'checkbox' ? html`<div class="check">${control}${label}</div>` : html`${label}${control}`}
      ${field.help !== null && html`<p class="help" id="help-${key}">${field.help}</p>`}
      ${error !== undefined && html`<p class="error" id="error-${key}">${field.label} ${error}</p>`}
    </div>
  `;
}

/** The value of a field as text; a query may repeat a field, which makes a list. */
function textOf(value: unknown): string {
  if (value instanceof Repeated) return value.filled.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function optional({ type }: FormField): Html | false {
  return type !== 'checkbox' && html` <span class="optional">(optional)</span>`;
}

/** Attributes that every kind of control has. */
function attributes(field: FormField, error: string | undefined): Html {
  const { key, maps_to: target } = field;
  const described = [
    ...(field.help === null ? [] : [`help-${key}`]),
    ...(error === undefined ? [] : [`error-${key}`]),
  ];
  const autocomplete = target === null ? undefined : AUTOCOMPLETE[target];
  return html`id="field-${key}" name="${key}" ${field.required && html`required`}
  ${described.length > 0 && html`aria-describedby="${described.join(' ')}"`}
  ${error !== undefined && html`aria-invalid="true"`}
  ${autocomplete !== undefined && html`autocomplete="${autocomplete}"`}`;
}

function controlOf(field: FormField, input: unknown, common: Html): Html {
  const value = textOf(input);
  const hint = field.placeholder !== null && html`placeholder="${field.placeholder}"`;
  switch (field.type) {
    case 'textarea':
      // HTML drops a line break right after <textarea>.
      return html`<textarea ${common} ${hint} rows="5" maxlength="${maxLengthOf(field)}">${value}</textarea>`;
    case 'select':
      return html`<select ${common}>
        <option value="">${field.placeholder ?? 'Choose…'}</option>
        ${field.options.map(
          (option) =>
            html`<option value="${option}" ${option === value && html`selected`}>${option}</option>`,
        )}
      </select>`;
    case 'checkbox': {
      const checked = input === true || value === 'true' || value === 'on';
      return html`<input ${common} type="checkbox" value="true" ${checked && html`checked`} />`;
    }
    default:
      return html`<input
        ${common}
        ${hint}
        type="${INPUT_TYPES[field.type] ?? 'text'}"
        value="${value}"
        ${field.type === 'number' ? html`step="any"` : html`maxlength="${maxLengthOf(field)}"`}
      />`;
  }
}

function consent(text: string, { form, values, errors }: FormView): Html {
  const name = CONSENT;
  const error = errors.find((item) => item.field === name)?.message;
  const checked = values[name] === 'true' || values[name] === 'on';
  return html`
    <div class="field ${error !== undefined && 'wrong'}">
      <div class="check">
        <input
          id="field-${name}"
          name="${name}"
          type="checkbox"
          value="true"
          ${checked && html`checked`}
          ${form.consent_required && html`required`}
          ${error !== undefined && html`aria-invalid="true" aria-describedby="error-${name}"`}
        />
        <label for="field-${name}">${text}</label>
      </div>
      ${error !== undefined && html`<p class="error" id="error-${name}">This ${error}</p>`}
    </div>
  `;
}
