import { z } from 'zod';
import { boolean } from '../../record/fields/boolean.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { email } from '../../record/fields/email.ts';
import { emails } from '../../record/fields/emails.ts';
import { number } from '../../record/fields/number.ts';
import { makeField, type FieldOptions } from '../../record/fields/field.ts';
import { record, recordId } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import type { RecordOf } from '../../record/noun.ts';

const SENT_AT = '2026-06-02T09:00:00.000Z';
const MAX_COUNT = 2_147_483_647;
export const MAX_SUBJECT = 500;

/** The id of an email topic, which is no record. */
const topic = <const Options extends FieldOptions>(options: Options) =>
  makeField<string, Options>({ kind: 'text', input: recordId.nullable(), output: z.uuid() }, options);

/** Something that the server counts. */
const count = (label: string, description: string) =>
  number({ label, description, min: 0, max: MAX_COUNT, readOnly: true, default: 0 });
const instant = (label: string, description: string) => datetime({ label, description, readOnly: true });

export const EMAIL_STATUSES = {
  draft: 'Draft',
  scheduled: 'Scheduled',
  queued: 'Queued',
  sending: 'Sending',
  sent: 'Sent',
  delivered: 'Delivered',
  deferred: 'Deferred',
  bounced: 'Bounced',
  failed: 'Failed',
  unknown: 'Unknown',
  cancelled: 'Cancelled',
  received: 'Received',
};

/**
 * The fields of a mail. Of one with the visibility `private`, addresses, subject and snippet are null here: they are in
 * `email_content`, which only its member reads.
 */
export const EMAIL_FIELDS = {
  direction: select({
    label: 'Direction',
    options: { out: 'Outgoing', in: 'Incoming' },
    readOnly: true,
    default: 'out',
    filter: true,
    summary: 'value',
  }),
  status: select({
    label: 'Status',
    description:
      '`draft` keeps a new mail without sending it; every other value is set by the server. `unknown`: it was handed over, and no answer came',
    options: EMAIL_STATUSES,
    default: 'queued',
    sample: 'sent',
    filter: true,
    summary: 'value',
  }),
  connection_id: text({
    label: 'Account',
    description:
      'The connection that sends or receives it; default: an account of the sender, else a shared one',
    max: 36,
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d31',
    filter: true,
  }),
  thread_id: text({
    label: 'Thread',
    description: 'Thread id; mails with the same id answer each other',
    max: 36,
    readOnly: true,
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d41',
    filter: true,
  }),
  message_id: text({
    label: 'Message id',
    description: 'Message-ID without angle brackets',
    max: 998,
    readOnly: true,
    filter: true,
  }),
  provider_id: text({
    label: 'Id at the provider',
    max: 255,
    readOnly: true,
    filter: true,
  }),
  in_reply_to: text({
    label: 'In reply to',
    description: 'Message-ID of the mail that it answers',
    max: 998,
    readOnly: true,
  }),
  from: email({
    label: 'From',
    description: 'Address of the sender',
    readOnly: true,
    sample: 'sam@acme.example',
  }),
  from_name: text({ label: 'Sender name', max: 200, readOnly: true, sample: 'Sam Seller' }),
  to: email({
    label: 'To',
    description: 'Address of the recipient; default: that of the contact or the lead',
    sample: 'jane@example.com',
  }),
  to_name: text({ label: 'Recipient name', max: 200, sample: 'Jane Doe' }),
  cc: emails({ label: 'Cc', description: 'Further recipients, whose opens and clicks are not tracked' }),
  bcc: emails({ label: 'Bcc', description: 'Further recipients that the others do not see' }),
  dropped_recipients: emails({
    label: 'Left out',
    description: 'Cc and Bcc recipients that it was not sent to: they are on the suppression list',
    readOnly: true,
  }),
  subject: text({ label: 'Subject', max: MAX_SUBJECT, sample: 'Your berth in June', search: true }),
  snippet: text({
    label: 'Snippet',
    description: 'The beginning of the text',
    max: 200,
    readOnly: true,
    sample: 'Hello Jane, your berth is reserved.',
    search: true,
  }),
  topic_id: topic({
    label: 'Topic',
    description: 'Id of the email topic; recipients can unsubscribe from it alone',
  }),
  template_id: record({ label: 'Template', to: 'template', filter: true, summary: 'presence' }),
  contact_id: record({
    label: 'Contact',
    description: 'Contact id; default: the contact with the address',
    to: 'contact',
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
    filter: true,
    summary: 'presence',
    search: true,
  }),
  company_id: record({ label: 'Company', to: 'company', filter: true, summary: 'presence' }),
  deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence' }),
  lead_id: record({ label: 'Lead', to: 'lead', filter: true, summary: 'presence' }),
  user_id: user({
    label: 'Member',
    description: 'The member who sent it, or whose mailbox it is in (user id)',
    filter: true,
    summary: 'presence',
  }),
  visibility: select({
    label: 'Visibility',
    description: 'Who may read it: the team, or only its member. It is that of the account',
    options: { team: 'Team', private: 'Private' },
    readOnly: true,
    default: 'team',
    filter: true,
    summary: 'value',
  }),
  send_at: datetime({
    label: 'Send at',
    description: 'When it is sent; default: at once',
    filter: false,
  }),
  sent_at: datetime({
    label: 'Sent at',
    description: 'When the mail system accepted it',
    readOnly: true,
    sample: SENT_AT,
  }),
  delivered_at: instant(
    'Delivered at',
    "When the recipient's mail system accepted it, where that is reported",
  ),
  received_at: instant('Received at', 'When it was received'),
  opens: count('Opens', 'How often it was opened, also by machines'),
  human_opens: count('Opens by people', 'How often it was opened, without machines'),
  first_opened_at: instant('First opened at', 'When a person opened it first'),
  clicks: count('Clicks', 'How often its links were followed, also by machines'),
  human_clicks: count('Clicks by people', 'How often its links were followed, without machines'),
  first_clicked_at: instant('First clicked at', 'When a person followed a link first'),
  bounce_kind: select({
    label: 'Bounce',
    description:
      '`hard`: the address does not work. `soft`: for now. `block`: the mail was refused for what it is or where it comes from',
    options: { hard: 'Hard', soft: 'Soft', block: 'Block' },
    readOnly: true,
    filter: true,
    summary: 'value',
  }),
  bounce_status: text({
    label: 'Bounce status',
    description: 'Enhanced status code (RFC 3463)',
    max: 20,
    readOnly: true,
  }),
  bounce_reason: text({
    label: 'Bounce reason',
    description: 'What the mail system said',
    max: 500,
    readOnly: true,
  }),
  status_reason: text({
    label: 'Status reason',
    description: 'Why it was not sent, or why that is unknown',
    max: 500,
    readOnly: true,
  }),
  unread: boolean({
    label: 'Unread',
    description: 'Whether it was received and nobody has read it; see `POST /emails/{id}/read`',
    readOnly: true,
    default: false,
    filter: true,
  }),
  auto_reply: boolean({
    label: 'Automatic reply',
    description: 'Whether a program answered, as with an absence note',
    readOnly: true,
    default: false,
    filter: true,
  }),
  content_version: number({
    label: 'Content version',
    description: 'Rises when the content changes; see `GET /emails/{id}/content`',
    min: 1,
    max: MAX_COUNT,
    readOnly: true,
    default: 1,
  }),
  track_opens: boolean({
    label: 'Track opens',
    description: 'Whether opens are recorded',
    default: false,
  }),
  track_clicks: boolean({
    label: 'Track clicks',
    description: 'Whether clicks are recorded',
    default: false,
  }),
  size: number({
    label: 'Size',
    description: 'In bytes, as sent or received',
    min: 0,
    max: MAX_COUNT,
    readOnly: true,
  }),
};

export type Email = RecordOf<typeof EMAIL_FIELDS>;
