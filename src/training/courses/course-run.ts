import { invalid } from '../../base/errors.ts';
import { currencyCode } from '../../record/fields/currency-code.ts';
import { currency } from '../../record/fields/currency.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { number } from '../../record/fields/number.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun } from '../../record/noun.ts';
import { COURSE_KINDS, type CourseKind } from './course.ts';

const MAX_PLACES = 100_000;

/** A course that is held at a time and a place, with people enrolled in it (RC16). */
export const courseRun = defineNoun({
  name: 'course_run',
  plural: 'course-runs',
  label: 'Course run',
  pluralLabel: 'Course runs',
  title: ['name'],
  listed: ['course_id', 'starts_at', 'venue', 'places', 'status', 'trainer_id'],
  subtitle: ['starts_at', 'venue'],
  area: 'training',
  fields: {
    course_id: record({
      label: 'Course',
      to: 'course',
      required: true,
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e11',
      filter: true,
    }),
    name: text({
      label: 'Name',
      description: 'Default: the name of the course',
      max: 200,
      sample: 'First aid, June',
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
    starts_at: datetime({
      label: 'Starts at',
      sample: '2026-06-20T00:00:00.000Z',
      filter: true,
      summary: 'presence',
    }),
    ends_at: datetime({ label: 'Ends at', sample: '2026-06-20T08:00:00.000Z', summary: 'presence' }),
    venue: text({ label: 'Venue', max: 200, sample: 'Room 4', filter: true, search: true }),
    trainer_id: user({ label: 'Trainer', filter: true, summary: 'presence' }),
    places: number({
      label: 'Places',
      description: 'How many people can be enrolled; null: no limit',
      min: 0,
      max: MAX_PLACES,
      sample: 12,
    }),
    status: select({
      label: 'Status',
      options: { scheduled: 'Scheduled', completed: 'Completed', canceled: 'Canceled' },
      default: 'scheduled',
      filter: true,
      summary: 'value',
    }),
    price: currency({ label: 'Price', description: 'Per person; default: that of the course', sample: 120 }),
    currency: currencyCode({ label: 'Currency', sample: 'AUD', summary: 'value' }),
    notes: longText({ label: 'Notes', search: true }),
    tags: tags({ label: 'Tags', filter: true }),
  },

  derive(next, before, { resolved }) {
    const { course: found } = resolved as ResolvedCourse;
    if (!found || before) return next;
    return {
      ...next,
      name: next.name ?? found.name,
      kind: next.kind ?? found.kind,
      price: next.price ?? found.price,
    };
  },

  check({ starts_at: starts, ends_at: ends }) {
    // With offsets, as they were sent.
    if (starts !== null && ends !== null && Date.parse(ends) < Date.parse(starts))
      throw invalid('ends_at', 'must not be before starts_at');
  },

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e21' },
});

/** Resolved when a course run is created (course-values.ts). */
export interface ResolvedCourse {
  course?: { name: string; kind: CourseKind; price: number | null; currency: string };
}
