import { date } from '../../record/fields/date.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun, type RecordOfNoun } from '../../record/noun.ts';

/** Something to do about a contact, a company or a deal, with an optional due date. */
export const task = defineNoun({
  name: 'task',
  plural: 'tasks',
  label: 'Task',
  pluralLabel: 'Tasks',
  title: ['title'],
  listed: ['due_date', 'priority', 'status', 'tags', 'assignee_id'],
  subtitle: ['due_date', 'contact_id', 'company_id', 'deal_id'],
  isOnTimelines: true,
  fields: {
    title: text({ label: 'Title', max: 200, required: true, sample: 'Follow up with Acme', search: true }),
    description: longText({
      label: 'Description',
      sample: 'Ask about the harbour.',
      summary: 'presence',
      search: true,
    }),
    priority: select({
      label: 'Priority',
      options: { low: 'Low', medium: 'Medium', high: 'High', urgent: 'Urgent' },
      default: 'medium',
      sample: 'high',
      filter: true,
      summary: 'value',
    }),
    status: select({
      label: 'Status',
      options: { open: 'Open', completed: 'Completed' },
      default: 'open',
      filter: true,
      summary: 'value',
    }),
    due_date: date({ label: 'Due date', sample: '2026-06-30', filter: true, summary: 'presence' }),
    completed_at: datetime({ label: 'Completed at', readOnly: true }),
    contact_id: record({
      label: 'Contact',
      to: 'contact',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    company_id: record({ label: 'Company', to: 'company', filter: true, summary: 'presence', search: true }),
    deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence', search: true }),
    lead_id: record({ label: 'Lead', to: 'lead', filter: true, summary: 'presence' }),
    assignee_id: user({ label: 'Assignee', filter: true, summary: 'presence' }),
    tags: tags({ label: 'Tags', filter: true }),
  },

  derive(next, before, { at }) {
    if (next.status !== 'completed') return { ...next, completed_at: null };
    return before?.status === 'completed' ? next : { ...next, completed_at: at };
  },

  descriptions: { updated: 'At least one field of a task changed, without completing it.' },
  events: {
    completed: {
      description: 'The status of a task became completed.',
      sample: { status: 'completed', completed_at: '2026-06-02T09:00:00.000Z' },
    },
  },
  fires: (before, after) =>
    before.status !== 'completed' && after.status === 'completed' ? ['task.completed'] : ['task.updated'],

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c41' },
});

export type Task = RecordOfNoun<typeof task>;
