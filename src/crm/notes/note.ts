import { boolean } from '../../record/fields/boolean.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { number } from '../../record/fields/number.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { text } from '../../record/fields/text.ts';
import { users } from '../../record/fields/users.ts';
import { defineNoun, type RecordOfNoun } from '../../record/noun.ts';
import { mentionsIn } from './mention.ts';

const MAX_TITLE = 200;
const MAX_DURATION_MIN = 10_080;

/** A note on records, or a call or a meeting that was logged (RC13). */
export const note = defineNoun({
  name: 'note',
  plural: 'notes',
  label: 'Note',
  pluralLabel: 'Notes',
  title: ['title'],
  listed: ['type', 'contact_id', 'company_id', 'deal_id', 'happened_at'],
  subtitle: ['contact_id', 'company_id', 'deal_id', 'lead_id'],
  isActivity: true,
  fields: {
    title: text({
      label: 'Title',
      description: 'First line of the text',
      max: MAX_TITLE,
      readOnly: true,
      assigned: true,
      sample: 'Asked about the harbour.',
    }),
    type: select({
      label: 'Type',
      options: { note: 'Note', call: 'Call', meeting: 'Meeting' },
      default: 'note',
      filter: true,
      summary: 'value',
    }),
    body: longText({
      label: 'Text',
      description: 'Text in Markdown; `[@Name](user:<id>)` mentions a member, who is notified',
      required: true,
      sample: 'Asked about the harbour. **Wants an offer by Friday.**',
      search: true,
    }),
    pinned: boolean({
      label: 'Pinned',
      description: 'Whether it stays at the top of the timeline',
      default: false,
      filter: true,
      summary: 'value',
    }),
    happened_at: datetime({
      label: 'Happened at',
      description: 'When a call or a meeting took place',
    }),
    duration_min: number({
      label: 'Duration',
      description: 'Duration of a call or a meeting, in minutes',
      min: 0,
      max: MAX_DURATION_MIN,
    }),
    mentions: users({ label: 'Mentions', description: 'Members that the text mentions (user ids)' }),
    contact_id: record({
      label: 'Contact',
      to: 'contact',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
      filter: true,
      summary: 'presence',
    }),
    company_id: record({ label: 'Company', to: 'company', filter: true, summary: 'presence' }),
    deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence' }),
    task_id: record({ label: 'Task', to: 'task', filter: true, summary: 'presence' }),
    lead_id: record({ label: 'Lead', to: 'lead', filter: true, summary: 'presence' }),
  },

  derive: (next) => ({ ...next, title: titleOf(next.body), mentions: mentionsIn(next.body) }),

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7cb1' },
});

export type Note = RecordOfNoun<typeof note>;

/** A link or an image. No part of it can begin another one, so that a long text takes linear time. */
const LINK = /!?\[([^[\]]*)\]\((?:[^()]|\([^()]*\))*\)/g;

/** The first line with text, without the marks of Markdown. */
function titleOf(body: string): string {
  for (const line of body.split('\n', MAX_LINES)) {
    const plain = line
      .replaceAll(LINK, '$1')
      .replace(/^[\s>#*+-]+/, '')
      .replaceAll(/[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}/g, '')
      .trim();
    if (plain !== '') return shortened(plain);
  }
  return 'Note';
}

/** Lines that are looked at for a title. */
const MAX_LINES = 50;

/** Never cut within a surrogate pair. */
function shortened(line: string): string {
  if (line.length <= MAX_TITLE) return line;
  return `${line.slice(0, MAX_TITLE - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
