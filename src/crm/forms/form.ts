import { z } from 'zod';
import { prefixed, unprefixed, type Uuid } from '../../base/id.ts';
import { requiredText, text } from '../../base/values/text.ts';
import {
  checkField,
  fieldKey,
  fieldSettings,
  fieldShape,
  type FieldType,
  type PageField,
} from '../../http/public/page-field.ts';
import { recordId } from '../../record/fields/record.ts';

const LEAD_FIELDS = [
  'first_name',
  'last_name',
  'name',
  'email',
  'phone',
  'event_date',
  'event_type',
  'notes',
] as const;
export type LeadField = (typeof LEAD_FIELDS)[number];

const MAX_FIELDS = 50;
/** As sent; percent-encoded it may be longer (http/public/page-address.ts). */
const MAX_URL_LENGTH = 6000;
const CUSTOM = /^custom_fields\.[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** Field types that a lead field accepts; the other lead fields accept any text. */
const TYPES_FOR: Partial<Record<LeadField, readonly FieldType[]>> = {
  email: ['email'],
  phone: ['phone', 'text', 'hidden'],
  event_date: ['date'],
};

/** A form must map to one of these: a lead without any of them identifies no one. */
const IDENTIFYING: readonly LeadField[] = ['name', 'first_name', 'email', 'phone'];

/** One field of a form. */
export interface FormField extends PageField {
  /** A field of the lead, `custom_fields.<name>`, or null: then the value is only stored with the submission. */
  maps_to: LeadField | `custom_fields.${string}` | null;
}

export interface Form {
  id: Uuid;
  version: number;
  /** Internal name. */
  name: string;
  /** For visitors; null: the name. */
  title: string | null;
  intro: string | null;
  fields: FormField[];
  consent_text: string | null;
  consent_required: boolean;
  submit_label: string;
  thanks_text: string;
  redirect_url: string | null;
  source: string | null;
  owner_id: Uuid | null;
  allowed_origins: string[];
  /** `required`: submissions without proof of work are quarantined. */
  proof_of_work: 'optional' | 'required';
  active: boolean;
  created_by: string;
  created_at: string;
  updated_at: string;
}

/** A form's own settings, as they are stored. */
export type FormSettings = Omit<Form, 'id' | 'version' | 'created_by' | 'created_at' | 'updated_at'>;

const field = z.strictObject({
  key: fieldKey.meta({ description: 'Name of the value in submissions, the API and events.' }),
  ...fieldSettings,
  maps_to: z
    .union([z.enum(LEAD_FIELDS), z.string().regex(CUSTOM)], {
      error: `must be one of ${LEAD_FIELDS.join(', ')}, or custom_fields. and a name`,
    })
    .nullable()
    .optional()
    .meta({
      description:
        'The lead field that receives the value; null: the value is only stored with the submission. Default: the lead field with the same name as the key, if any.',
    }),
});

/** Default of `maps_to`: the lead field with the name of the key. */
function withDefaultTarget(input: z.output<typeof field>): FormField {
  const target =
    input.maps_to === undefined ? (LEAD_FIELDS.find((name) => name === input.key) ?? null) : input.maps_to;
  return { ...input, maps_to: target as FormField['maps_to'] };
}

const fields = z
  .array(field)
  .min(1, 'must hold at least one field')
  .max(MAX_FIELDS, `must hold at most ${MAX_FIELDS} fields`)
  // These rules are checked only after each field is valid by itself.
  .transform((list) => list.map(withDefaultTarget))
  .superRefine((list, context) => {
    const wrong = (at: number, name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [at, name], message });
    list.forEach((_item, at) => {
      checkField(list, at, 'field', (setting, message) => wrong(at, setting, message));
      checkTarget(list, at, (message) => wrong(at, 'maps_to', message));
    });
    if (!list.some(({ maps_to: target }) => IDENTIFYING.some((name) => name === target)))
      context.addIssue({
        code: 'custom',
        path: [],
        message: `must hold a field that maps to ${IDENTIFYING.join(', ')} of the lead`,
      });
  })
  .meta({ description: 'In the order of the page.' });

function checkTarget(list: readonly FormField[], at: number, wrong: (message: string) => void): void {
  const { type, maps_to: target } = list[at]!;
  if (target === null) return;
  const others = list.slice(0, at).map((item) => item.maps_to);
  if (others.includes(target)) wrong('is the target of another field');
  if (target === 'name' && list.some((item) => item.maps_to === 'first_name' || item.maps_to === 'last_name'))
    wrong('name cannot be combined with first_name and last_name');
  if (target.startsWith('custom_fields.')) return;
  const types = TYPES_FOR[target as LeadField];
  const fits = types ? types.includes(type) : type !== 'checkbox' && type !== 'number';
  if (!fits) wrong(`does not accept type ${type}`);
}

const own = {
  name: requiredText(200).meta({ description: 'Internal name.' }),
  title: text(200).meta({ description: 'Title of the page; null: the name.' }),
  intro: text(2000).meta({ description: 'Text below the title.' }),
  fields,
  consent_text: text(2000).meta({
    description: 'Text of the consent checkbox; stored with every submission. Null: no checkbox.',
  }),
  consent_required: z.boolean().meta({ description: 'Whether consent is required to send the form.' }),
  submit_label: requiredText(100),
  thanks_text: requiredText(2000).meta({
    description: 'Shown after sending, if there is no redirect_url.',
  }),
  // http/public/page-address.ts validates the URL.
  redirect_url: z
    .string()
    .max(MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`)
    .nullable()
    .meta({ description: 'URL that visitors are redirected to after sending: `https://`.' }),
  source: text(200).meta({
    description: 'Source of the leads; created if the workspace does not have it.',
  }),
  owner_id: recordId.nullable().meta({ description: 'Owner of the leads (user id).' }),
  allowed_origins: z
    .array(z.string().max(300, 'must have at most 300 characters'))
    .max(50, 'must hold at most 50 origins')
    .meta({
      description:
        'Origins that may embed the form and send it as JSON, as in `https://www.example.com`. Empty: only the hosted page.',
    }),
  proof_of_work: z.enum(['optional', 'required']).meta({
    description:
      '`required`: submissions without proof of work, as from browsers without JavaScript, are quarantined. `optional`: their spam check is stricter.',
  }),
  active: z.boolean().meta({ description: 'Whether the form accepts submissions.' }),
};

const readOnly = Object.fromEntries(
  ['id', 'version', 'url', 'embed_code', 'created_by', 'created_at', 'updated_at'].map((name) => [
    name,
    z.unknown().optional().meta({ readOnly: true, description: 'Set by the server; ignored when sent.' }),
  ]),
);

export const createBody = z.strictObject({
  ...readOnly,
  ...own,
  title: own.title.default(null),
  intro: own.intro.default(null),
  consent_text: own.consent_text.default(null),
  consent_required: own.consent_required.default(true),
  submit_label: own.submit_label.default('Send'),
  thanks_text: own.thanks_text.default('Thank you. We will be in touch soon.'),
  redirect_url: own.redirect_url.default(null),
  source: own.source.default(null),
  owner_id: own.owner_id.default(null),
  allowed_origins: own.allowed_origins.default([]),
  proof_of_work: own.proof_of_work.default('optional'),
  active: own.active.default(true),
});

export const updateBody = z.strictObject({ ...readOnly, ...own }).partial();

export const formShape = z
  .object({
    id: z.string().meta({ description: 'As in `form_…`; public, since it is part of the URL.' }),
    version: z.int(),
    name: z.string().meta({ description: 'Internal name.' }),
    title: z.string().nullable().meta({ description: 'Title of the page; null: the name.' }),
    intro: z.string().nullable().meta({ description: 'Text below the title.' }),
    consent_text: z
      .string()
      .nullable()
      .meta({ description: 'Text of the consent checkbox; null: no checkbox.' }),
    consent_required: own.consent_required,
    submit_label: z.string(),
    thanks_text: z.string(),
    redirect_url: z
      .string()
      .nullable()
      .meta({ description: 'URL that visitors are redirected to after sending.' }),
    source: z.string().nullable().meta({ description: 'Source of the leads.' }),
    owner_id: z.uuid().nullable().meta({ description: 'Owner of the leads (user id).' }),
    proof_of_work: own.proof_of_work,
    active: own.active,
    fields: z.array(
      z.object({
        ...fieldShape,
        maps_to: z.string().nullable(),
      }),
    ),
    allowed_origins: z.array(z.string()),
    url: z.url().meta({ description: 'URL of the hosted page.' }),
    embed_code: z.string().meta({ description: 'HTML that embeds the form in a page.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Form' });

/** The names of the settings: the columns that a client can change. */
export const SETTINGS = Object.keys(own) as (keyof FormSettings)[];

/** The settings of a body, without read-only fields. */
export function settingsOf(body: Partial<FormSettings>): Partial<FormSettings> {
  return Object.fromEntries(
    SETTINGS.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])),
  );
}

/** The id of a form in the API and in URLs. */
export function publicId(id: Uuid): string {
  return prefixed('form', id);
}

export function fromPublicId(id: string): Uuid | null {
  return unprefixed('form', id);
}

/** A form's id in a path. */
export const FORM_ID = /^form_[0-9a-f]{32}$/;

/** A form as the API returns it. @param baseUrl the public URL of this installation */
export function shownForm(form: Form, baseUrl: string) {
  const id = publicId(form.id);
  const url = `${baseUrl}/f/${id}`;
  return { ...form, id, url, embed_code: `<script src="${url}/embed.js" async></script>` };
}
