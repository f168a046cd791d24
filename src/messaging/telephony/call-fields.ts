import { boolean } from '../../record/fields/boolean.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { number } from '../../record/fields/number.ts';
import { phone } from '../../record/fields/phone.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { text } from '../../record/fields/text.ts';
import { url } from '../../record/fields/url.ts';
import { user } from '../../record/fields/user.ts';
import type { RecordOf } from '../../record/noun.ts';

/** A day, in seconds. */
const MAX_DURATION_S = 86_400;

const STARTED_AT = '2026-06-01T11:55:00.000Z';
const ENDED_AT = '2026-06-01T11:58:20.000Z';

/** The fields of a call. What a provider reports does not change by hand; notes, outcome and people do. */
export const CALL_FIELDS = {
  direction: select({
    label: 'Direction',
    options: { in: 'Incoming', out: 'Outgoing' },
    default: 'out',
    sample: 'out',
    filter: true,
    summary: 'value',
  }),
  status: select({
    label: 'Status',
    description: 'A call that is recorded by hand has ended; one of a provider follows its reports',
    options: {
      queued: 'Queued',
      ringing: 'Ringing',
      in_progress: 'In progress',
      completed: 'Completed',
      busy: 'Busy',
      no_answer: 'No answer',
      failed: 'Failed',
      canceled: 'Canceled',
    },
    default: 'completed',
    filter: true,
    summary: 'value',
  }),
  from: phone({
    label: 'From',
    description: 'The number of the caller',
    sample: '+15550100001',
    filter: true,
    search: true,
  }),
  to: phone({
    label: 'To',
    description: 'The number that was called',
    sample: '+15551234567',
    filter: true,
    search: true,
  }),
  answered_by: text({
    label: 'Answered by',
    description: 'Who answered: a name or a number',
    max: 200,
    sample: '+15551234567',
  }),
  started_at: datetime({
    label: 'Started at',
    description: 'When it began; default: now less the duration',
    assigned: true,
    sample: STARTED_AT,
    filter: { isRange: true },
    summary: 'value',
  }),
  answered_at: datetime({ label: 'Answered at', readOnly: true }),
  ended_at: datetime({
    label: 'Ended at',
    description: 'When it ended; default: the start and the duration',
    sample: ENDED_AT,
    summary: 'value',
  }),
  duration: number({
    label: 'Duration',
    description: 'How long they talked, in seconds; null while that is not known',
    min: 0,
    max: MAX_DURATION_S,
    sample: 200,
    summary: 'value',
  }),
  is_voicemail: boolean({
    label: 'Voicemail',
    description: 'Whether the caller left a message',
    readOnly: true,
    default: false,
    filter: true,
    summary: 'value',
  }),
  recording_url: url({
    label: 'Recording',
    description: 'Where the API has the recording; null without one',
    readOnly: true,
  }),
  recording_duration: number({
    label: 'Length of the recording',
    description: 'In seconds',
    min: 0,
    max: MAX_DURATION_S,
    readOnly: true,
  }),
  disposition: text({
    label: 'Outcome',
    description: 'What came of it, as in `Interested`',
    max: 100,
    sample: 'Interested',
    filter: true,
  }),
  notes: longText({ label: 'Notes', sample: 'Wants an offer for two boats.', search: true }),
  provider: text({
    label: 'Provider',
    description: 'The kind of its connection; null for a call that was recorded by hand',
    max: 50,
    readOnly: true,
    filter: true,
    summary: 'value',
  }),
  connection_id: text({ label: 'Connection id', max: 36, readOnly: true, filter: true }),
  external_id: text({
    label: 'External id',
    description: 'Its id at the provider; of a call that is recorded by hand, an id of your own',
    max: 255,
    filter: true,
  }),
  error_text: text({ label: 'Error', description: 'Why it failed, in words', max: 500, readOnly: true }),
  contact_id: record({
    label: 'Contact',
    description: 'The contact; default: the one with the number of the other side',
    to: 'contact',
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
    filter: true,
    summary: 'presence',
    search: true,
  }),
  lead_id: record({ label: 'Lead', to: 'lead', filter: true, summary: 'presence' }),
  deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence' }),
  user_id: user({
    label: 'Member',
    description: 'Who called or was called; default: the member who records it (user id)',
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71',
    filter: true,
    summary: 'presence',
  }),
};

export type Call = RecordOf<typeof CALL_FIELDS>;
export type CallStatus = Call['status'];
