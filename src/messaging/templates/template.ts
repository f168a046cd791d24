import { longText } from '../../record/fields/long-text.ts';
import { text } from '../../record/fields/text.ts';
import { defineNoun, type RecordOfNoun } from '../../record/noun.ts';

/** UTF-16 units; mail clients cut what is longer than about 100 kB. */
export const MAX_TEMPLATE = 200_000;

/** A text for many mails, with merge fields such as `{{contact.first_name}}`. */
export const template = defineNoun({
  name: 'template',
  plural: 'templates',
  label: 'Template',
  pluralLabel: 'Templates',
  title: ['name'],
  listed: ['subject'],
  subtitle: ['subject'],
  fields: {
    name: text({ label: 'Name', max: 200, required: true, sample: 'Welcome', filter: true, search: true }),
    subject: text({
      label: 'Subject',
      description: 'Subject, with merge fields',
      max: 500,
      sample: 'Welcome, {{ contact.first_name }}',
      search: true,
      summary: 'presence',
    }),
    html: longText({
      label: 'HTML',
      description: 'The mail in HTML, with merge fields. Scripts and the like are removed when it is sent',
      max: MAX_TEMPLATE,
      sample: '<p>Hello {{ contact.first_name }}</p>',
    }),
    text: longText({
      label: 'Text',
      description: 'The mail as plain text, with merge fields; default: made from the HTML',
      max: MAX_TEMPLATE,
    }),
  },
  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d61' },
});

export type Template = RecordOfNoun<typeof template>;
