import { z } from 'zod';
import { requiredText, text } from '../../base/values/text.ts';

const QUESTION_TYPES = [
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

const MAX_QUESTIONS = 30;

/** A question of a booking page; like a field of a form. */
export interface BookingQuestion {
  /** The name of the answer in appointments and events. */
  key: string;
  label: string;
  type: (typeof QUESTION_TYPES)[number];
  required: boolean;
  /** For `select`. */
  options: string[];
  placeholder: string | null;
  help: string | null;
  /** For `hidden`. */
  value: string | null;
}

/** Fields that every page has. */
const RESERVED_KEYS = ['name', 'email', 'start', 'duration', 'time_zone', 'guests', 'nonce', 'location'];

const question = z.strictObject({
  key: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a small letter, then up to 62 small letters, digits or _')
    .refine((key) => !RESERVED_KEYS.includes(key), `must not be one of ${RESERVED_KEYS.join(', ')}`)
    .meta({ description: 'Name of the answer in appointments and events.' }),
  label: requiredText(200),
  type: z.enum(QUESTION_TYPES),
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
});

export const questions = z
  .array(question)
  .max(MAX_QUESTIONS, `must hold at most ${MAX_QUESTIONS} questions`)
  .superRefine((list, context) => {
    const wrong = (at: number, name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [at, name], message });
    list.forEach(({ key, type, options, required }, at) => {
      if (list.findIndex((item) => item.key === key) < at) wrong(at, 'key', 'is the key of another question');
      if (type === 'select' && options.length === 0) wrong(at, 'options', 'must hold at least one option');
      if (type !== 'select' && options.length > 0) wrong(at, 'options', 'are only allowed for type select');
      if (new Set(options).size < options.length) wrong(at, 'options', 'must be unique');
      if (type === 'hidden' && required) wrong(at, 'required', 'a hidden question cannot be required');
    });
  })
  .meta({ description: 'In the order of the page; it asks for name and e-mail address by itself.' });

export const questionShape = z.object({
  key: z.string(),
  label: z.string(),
  type: z.enum(QUESTION_TYPES),
  required: z.boolean(),
  options: z.array(z.string()),
  placeholder: z.string().nullable(),
  help: z.string().nullable(),
  value: z.string().nullable(),
});
