import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import { makeField, type FieldOptions } from './field.ts';

/** Answers to questions, by the key of the question. */
export type Answers = Record<string, string | number | boolean>;

const MAX_ANSWERS = 100;
const MAX_TEXT = 10_000;
const KEY = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

const input = z
  .record(z.string().regex(KEY), z.union([plainText(MAX_TEXT), z.number(), z.boolean()]))
  .refine((sent) => Object.keys(sent).length <= MAX_ANSWERS, `must have at most ${MAX_ANSWERS} answers`);

/** Answers that a guest gave to the questions of a page. */
export function answers<const Options extends FieldOptions>(options: Options) {
  return makeField<Answers, Options & { default: Answers }>(
    {
      kind: 'answers',
      input: input.nullable(),
      output: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    },
    { ...options, default: {} },
  );
}
