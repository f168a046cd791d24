import { invalid } from '../../base/errors.ts';
import { LEAD_FIELDS, type LeadInput } from './lead-input.ts';

/** One answer of a form that is not ours. */
export interface LeadAnswer {
  /** The field of a lead that it is for; null where it is for none. */
  field: AnsweredField | null;
  question: string;
  value: string;
}

/** What a form elsewhere can fill in. */
const ANSWERED = [
  'first_name',
  'last_name',
  'name',
  'email',
  'phone',
  'event_date',
  'event_type',
  'source',
] as const;

export type AnsweredField = (typeof ANSWERED)[number];

/** What a question may be called, beside the field's own name. */
const ALSO: Readonly<Record<string, AnsweredField>> = {
  full_name: 'name',
  phone_number: 'phone',
  email_address: 'email',
  work_email: 'email',
  work_phone: 'phone',
};

const MAX_NOTES_LENGTH = 50_000;

/** The field that a name or a title stands for (`Phone number`, `PHONE_NUMBER`: phone); null for none. */
export function answeredField(name: string): AnsweredField | null {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '_')
    .replaceAll(/^_|_$/g, '');
  return ALSO[plain] ?? ANSWERED.find((field) => field === plain) ?? null;
}

/**
 * A lead of what somebody answered in a form that is not ours, which need not ask for all that the Lead API does. The
 * first answer for a field that is well-formed fills it; every other answer stands in the notes with its question, so
 * that nothing is lost. Throws `validation_error` where nothing says who it is.
 * @param where names the answers in the error
 */
export function leadOfAnswers(answers: readonly LeadAnswer[], source: string, where: string): LeadInput {
  const lead: Partial<Record<AnsweredField, string>> = {};
  const others: string[] = [];
  for (const { field, question, value } of answers) {
    if (value.trim() === '') continue;
    const fits = field === null || lead[field] !== undefined ? null : LEAD_FIELDS[field].safeParse(value);
    if (fits?.success && fits.data) lead[field!] = fits.data;
    else others.push(`${question}: ${value}`);
  }
  if (!(lead.name ?? lead.first_name ?? lead.last_name ?? lead.email ?? lead.phone))
    throw invalid(where, 'must hold a name, an email or a phone');
  const notes = others.join('\n').replaceAll('\0', '').slice(0, MAX_NOTES_LENGTH).toWellFormed();
  return { source, ...lead, ...(notes !== '' && { notes }) };
}
