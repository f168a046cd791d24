import { z } from 'zod';
import {
  checkField,
  fieldKey,
  fieldSettings,
  fieldShape,
  type PageField,
} from '../../http/public/page-field.ts';

const MAX_QUESTIONS = 30;

/** A question of a booking page; its key is the name of the answer in appointments and events. */
export type BookingQuestion = PageField;

/** Fields that every page has. */
const RESERVED_KEYS = ['name', 'email', 'start', 'duration', 'time_zone', 'guests', 'nonce', 'location'];

const question = z.strictObject({
  key: fieldKey
    .refine((key) => !RESERVED_KEYS.includes(key), `must not be one of ${RESERVED_KEYS.join(', ')}`)
    .meta({ description: 'Name of the answer in appointments and events.' }),
  ...fieldSettings,
});

export const questions = z
  .array(question)
  .max(MAX_QUESTIONS, `must hold at most ${MAX_QUESTIONS} questions`)
  .superRefine((list, context) => {
    list.forEach((_item, at) => {
      checkField(list, at, 'question', (setting, message) =>
        context.addIssue({ code: 'custom', path: [at, setting], message }),
      );
    });
  })
  .meta({ description: 'In the order of the page; it asks for name and e-mail address by itself.' });

export const questionShape = z.object(fieldShape);
