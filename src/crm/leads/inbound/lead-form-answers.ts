import { invalid } from '../../../base/errors.ts';
import { LEAD_FIELDS, type LeadInput } from '../lead-input.ts';

/** One answer in a form of another system. */
export interface LeadAnswer {
  /** The lead field that it fills; null for none. */
  field: AnsweredField | null;
  question: string;
  value: string;
}

/** Lead fields that forms of other systems can fill in. */
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

/** Other names of these fields in forms. */
const ALSO: Readonly<Record<string, AnsweredField>> = {
  full_name: 'name',
  phone_number: 'phone',
  email_address: 'email',
  work_email: 'email',
  work_phone: 'phone',
};

const MAX_NOTES_LENGTH = 50_000;

/** The field for a name or a title (`Phone number`, `PHONE_NUMBER`: phone); null for none. */
export function answeredField(name: string): AnsweredField | null {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '_')
    .replaceAll(/^_|_$/g, '');
  return ALSO[plain] ?? ANSWERED.find((field) => field === plain) ?? null;
}

/**
 * Makes a lead from the answers in a form of another system, which may lack fields that the Lead API requires. The first
 * valid answer for a field fills it; all other answers go into the notes with their question, so that none is lost. Throws
 * `validation_error` if there is no name, email or phone.
 * @param answersField the name of the answers, for the error
 */
export function leadOfAnswers(
  answers: readonly LeadAnswer[],
  source: string,
  answersField: string,
): LeadInput {
  const lead: Partial<Record<AnsweredField, string>> = {};
  const others: string[] = [];
  for (const { field, question, value } of answers) {
    if (value.trim() === '') continue;
    const fits = field === null || lead[field] !== undefined ? null : LEAD_FIELDS[field].safeParse(value);
    if (fits?.success && fits.data) lead[field!] = fits.data;
    else others.push(`${question}: ${value}`);
  }
  if (!(lead.name ?? lead.first_name ?? lead.last_name ?? lead.email ?? lead.phone))
    throw invalid(answersField, 'must hold a name, an email or a phone');
  const notes = others.join('\n').replaceAll('\0', '').slice(0, MAX_NOTES_LENGTH).toWellFormed();
  return { source, ...lead, ...(notes !== '' && { notes }) };
}
