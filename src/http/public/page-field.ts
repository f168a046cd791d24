import { z } from 'zod';
import { requiredText, text } from '../../base/values/text.ts';

const FIELD_TYPES = [
  'text',
  'email',
  'phone',
  'date',
  'select',
  'checkbox',
  'textarea',
  'number',
  'hidden',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field that a public page asks for: of a form, or a question of a booking page. */
export interface PageField {
  /** The name of the value in the API and in events. */
  key: string;
  label: string;
  type: FieldType;
  required: boolean;
  /** For `select`. */
  options: string[];
  placeholder: string | null;
  help: string | null;
  /** For `hidden`. */
  value: string | null;
}

export const fieldKey = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a small letter, then up to 62 small letters, digits or _');

/** A field as it is sent, besides its key. */
export const fieldSettings = {
  label: requiredText(200),
  type: z.enum(FIELD_TYPES),
  required: z.boolean().default(false),
  options: z
    .array(requiredText(200))
    .max(100, 'must hold at most 100 options')
    .default([])
    .meta({ description: 'For type `select`.' }),
  placeholder: text(200).default(null),
  help: text(500).default(null),
  value: text(500)
    .default(null)
    .meta({ description: 'For type `hidden`: the value if the page sends none.' }),
};

/** A field as it is returned. */
export const fieldShape = {
  key: z.string(),
  label: z.string(),
  type: z.enum(FIELD_TYPES),
  required: z.boolean(),
  options: z.array(z.string()),
  placeholder: z.string().nullable(),
  help: z.string().nullable(),
  value: z.string().nullable(),
};

/**
 * Rules over the settings of a field, and over the fields before it.
 * @param noun in messages, as in `question` @param wrong takes the setting and the message
 */
export function checkField(
  fields: readonly PageField[],
  at: number,
  noun: string,
  wrong: (setting: string, message: string) => void,
): void {
  const { key, type, options, required } = fields[at]!;
  if (fields.findIndex((item) => item.key === key) < at) wrong('key', `is the key of another ${noun}`);
  if (type === 'select' && options.length === 0) wrong('options', 'must hold at least one option');
  if (type !== 'select' && options.length > 0) wrong('options', 'are only allowed for type select');
  if (new Set(options).size < options.length) wrong('options', 'must be unique');
  if (type === 'hidden' && required) wrong('required', `a hidden ${noun} cannot be required`);
}
