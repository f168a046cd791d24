import { currencyCode } from '../../record/fields/currency-code.ts';
import { currency } from '../../record/fields/currency.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { defineNoun, type RecordOfNoun } from '../../record/noun.ts';
import { COURSE_KINDS, type CourseKind } from '../courses/course.ts';
import { STATUS_CHANGE_CONTEXT, statusChangeOutput, statusChangeSample } from './status-change-context.ts';

/** Statuses of people who do not take a place of a course run. */
export const LEFT: ReadonlySet<string> = new Set(['withdrawn', 'canceled']);

/** A contact who takes part in a course, usually in one of its runs (RC16). */
export const enrolment = defineNoun({
  name: 'enrolment',
  plural: 'enrolments',
  label: 'Enrolment',
  pluralLabel: 'Enrolments',
  title: ['name'],
  listed: ['contact_id', 'course_run_id', 'status', 'enrolled_at', 'completed_at'],
  subtitle: ['contact_id', 'status'],
  area: 'training',
  fields: {
    name: text({
      label: 'Name',
      description: 'The name of the course run, or of the course',
      max: 200,
      sample: 'First aid, June',
      readOnly: true,
      search: true,
    }),
    contact_id: record({
      label: 'Contact',
      to: 'contact',
      required: true,
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
      filter: true,
      search: true,
    }),
    course_run_id: record({
      label: 'Course run',
      to: 'course_run',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e21',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    course_id: record({
      label: 'Course',
      description: 'Default: the course of the course run',
      to: 'course',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e11',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    kind: select({
      label: 'Kind',
      description: 'Default: the kind of the course',
      options: COURSE_KINDS,
      sample: 'workshop',
      filter: true,
      summary: 'value',
    }),
    status: select({
      label: 'Status',
      options: {
        tentative: 'Tentative',
        enrolled: 'Enrolled',
        in_progress: 'In progress',
        completed: 'Completed',
        withdrawn: 'Withdrawn',
        canceled: 'Canceled',
      },
      default: 'enrolled',
      sample: 'enrolled',
      filter: true,
      summary: 'value',
    }),
    enrolled_at: datetime({
      label: 'Enrolled at',
      description: 'Default: when the status became enrolled',
      sample: '2026-06-01T12:00:00.000Z',
    }),
    commenced_at: datetime({
      label: 'Commenced at',
      description: 'Default: when the status became in_progress',
    }),
    completed_at: datetime({
      label: 'Completed at',
      description: 'Default: when the status became completed',
    }),
    payer_id: record({
      label: 'Payer',
      description: 'The contact who pays; default: the enrolled one',
      to: 'contact',
      filter: true,
    }),
    amount: currency({ label: 'Amount', description: 'In units of `currency`', sample: 120 }),
    currency: currencyCode({ label: 'Currency', sample: 'AUD', summary: 'value' }),
    notes: longText({ label: 'Notes', search: true }),
    tags: tags({ label: 'Tags', filter: true }),
  },

  derive(next, before, { at, resolved }) {
    const hasBecome = (status: string) => next.status === status && before?.status !== status;
    return {
      ...next,
      ...(resolved as ResolvedPlace).place,
      enrolled_at: next.enrolled_at ?? (hasBecome('enrolled') ? at : null),
      commenced_at: next.commenced_at ?? (hasBecome('in_progress') ? at : null),
      completed_at: next.completed_at ?? (hasBecome('completed') ? at : null),
    };
  },

  descriptions: { updated: 'At least one field of an enrolment changed, but not its status.' },
  events: {
    status_changed: {
      description: 'The status of an enrolment changed.',
      sample: { status: 'in_progress', commenced_at: '2026-06-02T09:00:00.000Z' },
      context: statusChangeSample,
      contextOutput: statusChangeOutput,
    },
  },
  contexts: { 'enrolment.status_changed': STATUS_CHANGE_CONTEXT },
  fires: (before, after) =>
    before.status === after.status ? ['enrolment.updated'] : ['enrolment.status_changed'],

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e31' },
});

/** Resolved when an enrolment is created or moved to another course run (enrolment-values.ts). */
export interface ResolvedPlace {
  place?: { name: string; course_id: string; kind: CourseKind };
}

export type Enrolment = RecordOfNoun<typeof enrolment>;
