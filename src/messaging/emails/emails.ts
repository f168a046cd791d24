import type { ErasureRules } from '../../record/erasure.ts';
import type { MadeModule, Module, PreparedModule } from '../../record/module.ts';
import type { Noun } from '../../record/noun.ts';
import type { Records } from '../../record/records.ts';
import {
  CONTACT_SUPPRESSION_ERASURE,
  EMAIL_RECIPIENT_TABLES,
  makeRecipients,
  recipientMaintenance,
  RECIPIENT_MERGED_TABLES,
  type RecipientParts,
} from '../recipients.ts';
import { emailPreferencesExtension } from '../suppressions/contact-email-preferences.ts';
import { SUPPRESSION_SCOPES } from '../suppressions/suppression-scopes.ts';
import { template } from '../templates/template.ts';
import { makeEmailReports, type EmailReports } from './email-report.ts';
import type { EmailProvider } from './email-provider.ts';
import { EMAIL_SCOPES } from './email-scopes.ts';
import { email } from './email.ts';

export interface EmailsParts extends RecipientParts {
  emailProviders: readonly EmailProvider[];
}

export interface Emails extends MadeModule {
  /** What providers and delivery status notifications say. */
  reports: EmailReports;
}

const EMAIL_ERASURE: ErasureRules = {
  relatedTables: [
    {
      table: 'email_content',
      key: 'email_id',
      blank: "html = null, text = null, envelope = null, reference_ids = '{}', attachments = '[]'",
    },
    { table: 'email_send', key: 'email_id', blank: 'to_address = null, last_error = null' },
    ...EMAIL_RECIPIENT_TABLES,
  ],
};

function prepareEmails(parts: EmailsParts): PreparedModule<Emails> {
  return {
    records: { extensions: [emailPreferencesExtension(parts.db)] },
    make: (records) => makeEmails(parts, records),
  };
}

function makeEmails(parts: EmailsParts, records: Records): Emails {
  const emails = records.serviceOf(email);
  const recipients = makeRecipients(parts, records);
  const reports = makeEmailReports({ ...parts, emails, effects: recipients.effects });
  return { routes: recipients.routes, jobTypes: [], reports, mountPages: recipients.mountPages };
}

/** Mails that members send through their own accounts, templates, and mails that are received (EM1 to EM5). */
export const emails: Module<EmailsParts, Emails> = {
  nouns: [email, template] as unknown as readonly Noun[],
  scopes: [...EMAIL_SCOPES, ...SUPPRESSION_SCOPES],
  eventTypes: [],
  eventObjects: [],
  mergedTables: RECIPIENT_MERGED_TABLES,
  erasureRules: { email: EMAIL_ERASURE, contact: CONTACT_SUPPRESSION_ERASURE },
  maintenance: recipientMaintenance,
  prepare: prepareEmails,
};
