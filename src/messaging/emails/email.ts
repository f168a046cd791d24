import { defineNoun, type InputOfNoun, type Noun } from '../../record/noun.ts';
import { EMAIL_EVENTS } from './email-event.ts';
import { EMAIL_FIELDS, type Email } from './email-fields.ts';
import { withChangedContent, withContent, type ContentInput } from './email-input.ts';
import { emailAfter } from './email-rules.ts';

const defined = defineNoun({
  name: 'email',
  plural: 'emails',
  label: 'Email',
  pluralLabel: 'Emails',
  title: ['subject', 'to'],
  listed: ['to', 'status', 'contact_id', 'sent_at'],
  subtitle: ['to', 'status'],
  isOnTimelines: true,
  fields: EMAIL_FIELDS,
  eventIds: { connection_id: 'connection', thread_id: 'email_thread', topic_id: 'email_topic' },

  derive: emailAfter,
  // A private mail is its member's: colleagues see that there is one.
  mayChange: ({ visibility, user_id: userId }, { makerId }) =>
    visibility !== 'private' || makerId === undefined || makerId === userId,

  descriptions: {
    created: 'An email was written; it is sent later.',
    updated: 'At least one field of an email changed. Not fired by what happens to it on its way.',
  },
  events: EMAIL_EVENTS,

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d51' },
});

/** A mail of a member to one person, or one that was received (EM1 to EM5). */
export const email: Noun<Email, EmailInput> & { fields: typeof EMAIL_FIELDS } = {
  ...defined,
  input: withContent(defined.input),
  change: withChangedContent(defined.change),
};

export type EmailInput = InputOfNoun<typeof defined> & ContentInput;
