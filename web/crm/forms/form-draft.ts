import type { Form, FormDraft, FormField } from '../../api/form-queries.ts';
import { ApiError } from '../../api/client.ts';

/** A draft as the inputs hold it: an empty string where the API has null. */
export type DraftValues = {
  [Name in keyof FormDraft]: Name extends 'owner_id'
    ? string | null
    : string extends FormDraft[Name]
      ? string
      : FormDraft[Name] extends string | null
        ? FormDraft[Name] extends 'optional' | 'required'
          ? FormDraft[Name]
          : string
        : FormDraft[Name];
};

const NULLABLE_TEXTS = ['title', 'intro', 'consent_text', 'redirect_url', 'source'] as const;

/** The values of an existing form, or the defaults of a new one. */
export function toFormValues(form: Form | null): DraftValues {
  if (form === null)
    return { ...DEFAULTS, fields: ['name', 'email', 'notes'].map((kind) => newField(kind, [])) };
  const { id: _id, version: _version, url: _url, embed_code: _code, ...rest } = form;
  const { created_by: _by, created_at: _at, updated_at: _updated, ...settings } = rest;
  const texts = Object.fromEntries(NULLABLE_TEXTS.map((name) => [name, settings[name] ?? '']));
  return { ...settings, ...texts } as DraftValues;
}

export function toDraft(values: DraftValues): FormDraft {
  const texts = Object.fromEntries(NULLABLE_TEXTS.map((name) => [name, values[name].trim() || null]));
  return { ...values, ...texts };
}

/** The fields that differ between two drafts. */
export function changedFields(values: DraftValues, before: DraftValues): Partial<FormDraft> {
  const [current, previous] = [toDraft(values), toDraft(before)];
  const names = (Object.keys(current) as (keyof FormDraft)[]).filter(
    (name) => JSON.stringify(current[name]) !== JSON.stringify(previous[name]),
  );
  return Object.fromEntries(names.map((name) => [name, current[name]]));
}

const DEFAULTS: Omit<DraftValues, 'fields'> = {
  name: '',
  title: '',
  intro: '',
  consent_text: '',
  consent_required: true,
  submit_label: 'Send',
  thanks_text: 'Thank you. We will be in touch soon.',
  redirect_url: '',
  source: '',
  owner_id: null,
  allowed_origins: [],
  proof_of_work: 'optional',
  active: true,
};

type Kind = Pick<FormField, 'label' | 'type'> & { required?: true };

/** Fields that map to a lead field of the same name. */
export const LEAD_KINDS: Readonly<Record<string, Kind>> = {
  name: { label: 'Name', type: 'text', required: true },
  first_name: { label: 'First name', type: 'text', required: true },
  last_name: { label: 'Last name', type: 'text', required: true },
  email: { label: 'Email', type: 'email', required: true },
  phone: { label: 'Phone', type: 'phone' },
  event_date: { label: 'Event date', type: 'date' },
  event_type: { label: 'Interest', type: 'select' },
  notes: { label: 'Message', type: 'textarea' },
};

const TEXT: Kind = { label: 'Text', type: 'text' };

/** Custom fields. */
export const OWN_KINDS: Readonly<Record<string, Kind>> = {
  text: TEXT,
  textarea: { label: 'Long text', type: 'textarea' },
  select: { label: 'Choice', type: 'select' },
  checkbox: { label: 'Checkbox', type: 'checkbox' },
  number: { label: 'Number', type: 'number' },
  date: { label: 'Date', type: 'date' },
  hidden: { label: 'Hidden value', type: 'hidden' },
};

/** @param kind a name of LEAD_KINDS or OWN_KINDS */
export function newField(kind: string, others: readonly FormField[]): FormField {
  const forLead = LEAD_KINDS[kind];
  const { label, type, required = false } = forLead ?? OWN_KINDS[kind] ?? TEXT;
  const key = forLead ? kind : keyFrom(label, others);
  return {
    key: forLead && others.some((item) => item.key === kind) ? keyFrom(kind, others) : key,
    label,
    type,
    required,
    options: type === 'select' ? ['Option 1', 'Option 2'] : [],
    placeholder: null,
    help: null,
    value: null,
    maps_to: forLead ? kind : null,
  };
}

/** A unique key derived from the label. */
export function keyFrom(label: string, others: readonly FormField[]): string {
  const base =
    label
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^[^a-z]+|_+$/g, '')
      .slice(0, 50) || 'field';
  const taken = new Set(others.map(({ key }) => key));
  let key = base;
  for (let n = 2; taken.has(key); n += 1) key = `${base}_${n}`;
  return key;
}

/** Replaces the index of a form field with its label in the errors of the API. */
export function withLabels(error: unknown, fields: readonly FormField[]): unknown {
  if (!(error instanceof ApiError)) return error;
  const { status, code, message, requestId, retryAfterS } = error;
  const fieldErrors = error.fields.map(({ field, message: reason }) => {
    const [, at = '', name = ''] = /^fields\.(\d+)(?:\.(\w+))?/.exec(field) ?? [];
    const label = fields[Number(at)]?.label;
    return at === '' || !label
      ? { field, message: reason }
      : { field: 'fields', message: `${label}, ${settingLabel(name)}: ${reason}` };
  });
  return new ApiError({ status, code, message, fields: fieldErrors, requestId, retryAfterS });
}

function settingLabel(name: string): string {
  return name === 'maps_to' ? 'maps to' : name;
}
