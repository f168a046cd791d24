import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import { distinctBy } from '../../base/values/distinct.ts';
import { emails } from '../../record/fields/emails.ts';
import { phoneKey, phones } from '../../record/fields/phones.ts';
import { email } from '../../record/fields/email.ts';
import { longText } from '../../record/fields/long-text.ts';
import { phone } from '../../record/fields/phone.ts';
import { record } from '../../record/fields/record.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun, type InputOfNoun, type RecordOfNoun } from '../../record/noun.ts';

/** A person (AX5). */
export const contact = defineNoun({
  name: 'contact',
  plural: 'contacts',
  label: 'Contact',
  pluralLabel: 'Contacts',
  title: ['first_name', 'last_name', 'email'],
  listed: ['email', 'company', 'status', 'tags', 'owner_id'],
  subtitle: ['company', 'email', 'phone'],
  fields: {
    first_name: text({ label: 'First name', max: 200, sample: 'Jane', search: true }),
    last_name: text({ label: 'Last name', max: 200, sample: 'Doe', search: true }),
    email: email({
      label: 'Email',
      sample: 'jane@example.com',
      filter: { others: 'other_emails' },
      summary: 'presence',
      search: true,
    }),
    other_emails: emails({ label: 'Other emails', description: 'Further email addresses', search: true }),
    phone: phone({
      label: 'Phone',
      sample: '+15551234567',
      filter: { others: 'other_phones' },
      summary: 'presence',
      search: true,
    }),
    other_phones: phones({
      label: 'Other phones',
      description: 'Further telephone numbers, kept as sent',
      search: true,
    }),
    company: text({
      label: 'Company name',
      description:
        'Name of the company the contact works for; default: the name of the company in `company_id`',
      max: 200,
      sample: 'Acme Ltd',
      summary: 'presence',
      search: true,
    }),
    company_id: record({
      label: 'Company',
      to: 'company',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c31',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    job_title: text({ label: 'Job title', max: 200, sample: 'Buyer', search: true }),
    status: text({ label: 'Status', max: 64, default: 'lead', filter: true, summary: 'value' }),
    source: text({
      label: 'Source',
      description: 'Where the contact came from, as in `website`',
      max: 200,
      sample: 'website',
      filter: true,
      summary: 'value',
    }),
    notes: longText({ label: 'Notes', search: true }),
    owner_id: user({ label: 'Owner', filter: true }),
    tags: tags({ label: 'Tags', filter: true }),
  },

  matchRules: [
    { field: 'email', by: 'email', others: 'other_emails' },
    { field: 'phone', by: 'phone', others: 'other_phones' },
  ],

  events: {
    unsubscribed: {
      description: 'The owner of an address of a contact asked for no more emails, of one topic or of all.',
      isBeyondChange: true,
      context: { reason: 'unsubscribe', topic: null },
      contextOutput: z.object({
        reason: z
          .enum(['unsubscribe', 'complaint'])
          .meta({ description: 'By the link of an email, or by reporting one as spam' }),
        topic: z.string().nullable().meta({ description: 'Name of the topic; null: all emails' }),
      }),
    },
  },
  mergeRules: {
    groups: [['company_id', 'company']],
    addresses: [
      { first: 'email', others: 'other_emails', keyOf: caseless },
      { first: 'phone', others: 'other_phones', keyOf: phoneKey },
    ],
  },

  derive(next, before, { resolved }) {
    const { company_name: company } = resolved as ResolvedEmployer;
    const isNamed = company === undefined || next.company_id === before?.company_id;
    return withFirstAddresses(isNamed ? next : { ...next, company });
  },

  check({ first_name, last_name, email: address }) {
    if (first_name !== null || last_name !== null || address !== null) return;
    const message = 'one of first_name, last_name or email is required';
    throw new ApiError('validation_error', `A contact needs a name or an email: ${message}.`, {
      fields: ['first_name', 'last_name', 'email'].map((field) => ({ field, message })),
    });
  },

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21', custom_fields: { industry: 'Technology' } },
});

/** Without a first address, the first of the others becomes it; and no other address repeats it. */
function withFirstAddresses<C extends Addresses>(next: C): C {
  if (next.other_emails.length === 0 && next.other_phones.length === 0) return next;
  const [firstEmail = null, ...emailsLeft] = distinctBy(
    [next.email ?? [], next.other_emails].flat(),
    caseless,
  );
  const [firstPhone = null, ...phonesLeft] = distinctBy(
    [next.phone ?? [], next.other_phones].flat(),
    phoneKey,
  );
  return {
    ...next,
    email: firstEmail,
    other_emails: emailsLeft,
    phone: firstPhone,
    other_phones: phonesLeft,
  };
}

interface Addresses {
  email: string | null;
  other_emails: string[];
  phone: string | null;
  other_phones: string[];
}

/** Resolved when a contact is linked to a company (company-name.ts). */
export interface ResolvedEmployer {
  /** The name of the company, if no name is sent. */
  company_name?: string;
}

export type Contact = RecordOfNoun<typeof contact>;
export type ContactInput = InputOfNoun<typeof contact>;
