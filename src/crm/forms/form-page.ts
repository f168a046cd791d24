import type { FieldError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { fieldControl } from '../../http/public/field-control.ts';
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
import { CONSENT, maxLengthOf, honeypotName } from './form-values.ts';
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

function fieldOf(field: FormField, { values, errors }: FormView): Html {
  const { key, maps_to: target } = field;
  return fieldControl({
    field,
    value: values[key],
    error: errors.find((item) => item.field === key)?.message,
    autocomplete: target === null ? undefined : AUTOCOMPLETE[target],
    maxLength: maxLengthOf(field),
  });
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
