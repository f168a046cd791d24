import { expect } from 'vitest';
import type { Person, Scenario } from './scenario.ts';

/** A valid body of a noun, for the suites that test all nouns. */
interface RecordSample {
  plural: string;
  body: Record<string, unknown>;
  /** The field whose text tells records apart, if another than `name`. */
  text?: string;
  /** Records that it has to refer to: their nouns, by field. */
  references?: Readonly<Record<string, string>>;
}

/** One entry for each noun of every module. */
const SAMPLES: Readonly<Record<string, RecordSample>> = {
  contact: { plural: 'contacts', body: { first_name: 'Jane' }, text: 'first_name' },
  company: { plural: 'companies', body: { name: 'Acme' } },
  deal: { plural: 'deals', body: { name: 'Deal' } },
  task: { plural: 'tasks', body: { title: 'Call' }, text: 'title' },
  lead: { plural: 'leads', body: { name: 'Jane Doe', email: 'jane@example.com' } },
  appointment: {
    plural: 'appointments',
    body: { title: 'Introduction', starts_at: '2027-03-01T09:00:00.000Z' },
    text: 'title',
  },
  note: {
    plural: 'notes',
    body: { body: 'They called.' },
    text: 'body',
    references: { contact_id: 'contact' },
  },
  course: { plural: 'courses', body: { name: 'First aid' } },
  course_run: {
    plural: 'course-runs',
    body: { name: 'First aid, June' },
    references: { course_id: 'course' },
  },
  enrolment: {
    plural: 'enrolments',
    body: { notes: 'Vegetarian.' },
    text: 'notes',
    references: { contact_id: 'contact', course_id: 'course' },
  },
  assessment: {
    plural: 'assessments',
    body: { unit_name: 'Resuscitation' },
    text: 'unit_name',
    references: { enrolment_id: 'enrolment' },
  },
  email: {
    plural: 'emails',
    body: { to: 'jane@example.com', subject: 'Your berth', status: 'draft' },
    text: 'subject',
  },
  template: { plural: 'templates', body: { name: 'Welcome' } },
  message: {
    plural: 'messages',
    body: { direction: 'in', from: '+15551234567', to: '+15550100001', body: 'See you at nine.' },
    text: 'body',
  },
  call: { plural: 'calls', body: { direction: 'in', notes: 'They asked for an offer.' }, text: 'notes' },
  payment: { plural: 'payments', body: { amount: 49.9, status: 'pending' }, text: 'description' },
  subscription: { plural: 'subscriptions', body: { plan_name: 'Yearly' }, text: 'plan_name' },
};

/** The sample of a noun. Throws for one without an entry. */
export function recordSample(noun: string): RecordSample {
  const found = SAMPLES[noun];
  if (!found) throw new Error(`test/kit/record-sample.ts has no sample of ${noun}`);
  return found;
}

/** The field of a noun whose text tells records apart. */
export const textField = (noun: string) => recordSample(noun).text ?? 'name';

/** Creates what a record of the noun has to refer to. @returns the ids by field */
export async function madeReferences(
  s: Pick<Scenario, 'ask'>,
  noun: string,
  as?: Person,
): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const [field, other] of Object.entries(recordSample(noun).references ?? {})) {
    const { plural } = recordSample(other);
    const body = await sampleBody(s, other, as);
    const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body, ...(as && { as }) });
    expect(status, text).toBe(201);
    made[field] = json.id;
  }
  return made;
}

/** A body with which a record of the noun can be created. */
export async function sampleBody(
  s: Pick<Scenario, 'ask'>,
  noun: string,
  as?: Person,
): Promise<Record<string, unknown>> {
  return { ...recordSample(noun).body, ...(await madeReferences(s, noun, as)) };
}
