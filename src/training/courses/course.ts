import { currencyCode } from '../../record/fields/currency-code.ts';
import { currency } from '../../record/fields/currency.ts';
import { longText } from '../../record/fields/long-text.ts';
import { select } from '../../record/fields/select.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { defineNoun } from '../../record/noun.ts';

/** Kinds of courses, and of enrolments in them. */
export const COURSE_KINDS = { workshop: 'Workshop', class: 'Class', unit: 'Unit', activity: 'Activity' };
export type CourseKind = keyof typeof COURSE_KINDS;

/** Something that is taught, at any number of times (RC16). */
export const course = defineNoun({
  name: 'course',
  plural: 'courses',
  label: 'Course',
  pluralLabel: 'Courses',
  title: ['name', 'code'],
  listed: ['code', 'kind', 'price', 'status', 'tags'],
  subtitle: ['code', 'kind'],
  area: 'training',
  fields: {
    name: text({ label: 'Name', max: 200, required: true, sample: 'First aid', search: true }),
    code: text({
      label: 'Code',
      description: 'As in a training register',
      max: 60,
      sample: 'HLTAID011',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    kind: select({
      label: 'Kind',
      options: COURSE_KINDS,
      default: 'workshop',
      sample: 'workshop',
      filter: true,
      summary: 'value',
    }),
    status: select({
      label: 'Status',
      options: { active: 'Active', archived: 'Archived' },
      default: 'active',
      filter: true,
      summary: 'value',
    }),
    description: longText({ label: 'Description', search: true }),
    price: currency({ label: 'Price', description: 'Per person, in units of `currency`', sample: 120 }),
    currency: currencyCode({ label: 'Currency', sample: 'AUD', summary: 'value' }),
    tags: tags({ label: 'Tags', filter: true }),
  },

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e11' },
});
