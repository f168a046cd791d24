import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun } from '../../record/noun.ts';

/** Statuses of an assessment that has a result. */
const DONE: ReadonlySet<string> = new Set([
  'competent',
  'not_yet_competent',
  'credit_transfer',
  'recognised',
  'withdrawn',
]);

/** The result of an enrolment in one unit (RC16). */
export const assessment = defineNoun({
  name: 'assessment',
  plural: 'assessments',
  label: 'Assessment',
  pluralLabel: 'Assessments',
  title: ['unit_name', 'unit_code'],
  listed: ['contact_id', 'status', 'unit_code', 'outcome_code', 'assessed_at', 'assessor_id'],
  subtitle: ['unit_code', 'status'],
  area: 'training',
  fields: {
    enrolment_id: record({
      label: 'Enrolment',
      to: 'enrolment',
      required: true,
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e31',
      filter: true,
    }),
    contact_id: record({
      label: 'Contact',
      description: 'The contact of the enrolment',
      to: 'contact',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
      readOnly: true,
      filter: true,
      search: true,
    }),
    unit_code: text({
      label: 'Unit code',
      max: 60,
      sample: 'HLTAID009',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    unit_name: text({
      label: 'Unit',
      max: 200,
      required: true,
      sample: 'Provide cardiopulmonary resuscitation',
      search: true,
    }),
    status: select({
      label: 'Status',
      options: {
        not_started: 'Not started',
        submitted: 'Submitted',
        competent: 'Competent',
        not_yet_competent: 'Not yet competent',
        credit_transfer: 'Credit transfer',
        recognised: 'Recognised (RPL)',
        withdrawn: 'Withdrawn',
      },
      default: 'not_started',
      sample: 'submitted',
      filter: true,
      summary: 'value',
    }),
    outcome_code: text({
      label: 'Outcome code',
      description: 'As a training register defines it, such as 20 of AVETMISS',
      max: 20,
      filter: true,
    }),
    assessed_at: datetime({
      label: 'Assessed at',
      description: 'Default: when it got a result',
      summary: 'presence',
    }),
    assessor_id: user({ label: 'Assessor', filter: true, summary: 'presence' }),
    notes: longText({ label: 'Notes' }),
  },

  derive(next, before, { at, resolved }) {
    const { contact_id: contact = next.contact_id } = resolved as ResolvedEnrolment;
    const gotResult = DONE.has(next.status) && (!before || !DONE.has(before.status));
    const assessedAt = next.assessed_at ?? (gotResult ? at : null);
    return { ...next, contact_id: contact, assessed_at: assessedAt };
  },

  descriptions: { updated: 'At least one field of an assessment changed, without a new result.' },
  events: {
    completed: {
      description: 'An assessment got a result: its status became one with an outcome.',
      sample: { status: 'competent', outcome_code: '20', assessed_at: '2026-06-02T09:00:00.000Z' },
    },
  },
  firesOnCreate: ({ status }) => [
    'assessment.created',
    ...(DONE.has(status) ? ['assessment.completed'] : []),
  ],
  fires: (before, after) =>
    before.status !== after.status && DONE.has(after.status)
      ? ['assessment.completed']
      : ['assessment.updated'],

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e41' },
});

/** Resolved when an assessment is created or moved to another enrolment (enrolment-values.ts). */
export interface ResolvedEnrolment {
  contact_id?: string | null;
}
