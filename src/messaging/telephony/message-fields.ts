import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { number } from '../../record/fields/number.ts';
import { phone } from '../../record/fields/phone.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import type { RecordOf } from '../../record/noun.ts';

/** What providers take, in characters. */
export const MAX_BODY = 1600;
/** Files of one message. */
export const MAX_MEDIA = 10;
const MAX_SEGMENTS = 1000;

const CONTACT = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';

/** The fields of a message. What was sent does not change; its status follows what the provider reports. */
export const MESSAGE_FIELDS = {
  direction: select({
    label: 'Direction',
    description: '`out` sends it through a connection; `in` records one that was received elsewhere',
    options: { in: 'Received', out: 'Sent' },
    default: 'out',
    sample: 'out',
    filter: true,
    summary: 'value',
  }),
  channel: select({
    label: 'Channel',
    options: { sms: 'SMS', mms: 'MMS', whatsapp: 'WhatsApp' },
    readOnly: true,
    default: 'sms',
    filter: true,
    summary: 'value',
  }),
  status: select({
    label: 'Status',
    description:
      '`sent`: the provider has accepted it. `unknown`: it may have been sent, and is not sent again',
    options: {
      scheduled: 'Scheduled',
      queued: 'Queued',
      unknown: 'Unknown',
      sent: 'Sent',
      delivered: 'Delivered',
      undelivered: 'Not delivered',
      failed: 'Failed',
      read: 'Read',
      received: 'Received',
      canceled: 'Canceled',
    },
    readOnly: true,
    default: 'queued',
    sample: 'sent',
    filter: true,
    summary: 'value',
  }),
  from: phone({
    label: 'From',
    description: 'The number of the sender; default for `out`: the number of the connection',
    assigned: true,
    sample: '+15550100001',
    filter: true,
    search: true,
  }),
  to: phone({
    label: 'To',
    description: 'The number of the recipient; default for `out`: the phone of the contact',
    assigned: true,
    sample: '+15551234567',
    filter: true,
    search: true,
  }),
  body: longText({
    label: 'Text',
    description: 'The text, of at most 1,600 characters',
    max: MAX_BODY,
    sample: 'See you tomorrow at nine.',
    search: true,
  }),
  segments: number({
    label: 'Segments',
    description: 'In how many parts the text is sent and billed',
    min: 0,
    max: MAX_SEGMENTS,
    readOnly: true,
    default: 1,
    summary: 'value',
  }),
  encoding: select({
    label: 'Encoding',
    description: '`gsm7` has 160 characters a segment, `ucs2` 70',
    options: { gsm7: 'GSM-7', ucs2: 'UCS-2' },
    readOnly: true,
    default: 'gsm7',
  }),
  media_count: number({
    label: 'Files',
    description: 'How many pictures and other files it has; see `GET /messages/{id}/media`',
    min: 0,
    max: MAX_MEDIA,
    readOnly: true,
    default: 0,
  }),
  provider: text({
    label: 'Provider',
    description: 'The kind of its connection; null for a message received elsewhere',
    max: 50,
    readOnly: true,
    filter: true,
    summary: 'value',
  }),
  connection_id: text({
    label: 'Connection id',
    description: 'The connection that sends it; default: the one with the number `from`, else the oldest one',
    max: 36,
    filter: true,
  }),
  external_id: text({
    label: 'External id',
    description: 'Its id at the provider; of a message received elsewhere, an id of your own',
    max: 255,
    filter: true,
  }),
  error_code: text({
    label: 'Error code',
    description: "The provider's code, or `opted_out`",
    max: 100,
    readOnly: true,
  }),
  error_text: text({ label: 'Error', description: 'Why it failed, in words', max: 500, readOnly: true }),
  opt_out_type: select({
    label: 'Keyword',
    description: 'The keyword that a received message consists of',
    options: { stop: 'STOP', start: 'START', help: 'HELP' },
    readOnly: true,
  }),
  contact_id: record({
    label: 'Contact',
    description: 'The contact; default: the one with the number of the other side',
    to: 'contact',
    sample: CONTACT,
    filter: true,
    summary: 'presence',
    search: true,
  }),
  lead_id: record({
    label: 'Lead',
    description: 'The lead with the number, if there is no contact',
    to: 'lead',
    filter: true,
    summary: 'presence',
  }),
  deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence' }),
  user_id: user({
    label: 'Member',
    description: 'Who sent it; of a received one, who wrote to this number last (user id)',
    filter: true,
    summary: 'presence',
  }),
  send_at: datetime({
    label: 'Send at',
    description: 'When it is to be sent, at most a year ahead; default: now',
  }),
  sent_at: datetime({
    label: 'Sent at',
    description: 'When the provider accepted it',
    readOnly: true,
    sample: '2026-06-01T12:00:01.000Z',
  }),
  delivered_at: datetime({ label: 'Delivered at', readOnly: true }),
};

export type Message = RecordOf<typeof MESSAGE_FIELDS>;
