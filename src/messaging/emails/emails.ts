import type { ErasureRules } from '../../record/erasure.ts';
import type { MadeModule, Module, PreparedModule } from '../../record/module.ts';
import type { Noun } from '../../record/noun.ts';
import type { Records } from '../../record/records.ts';
import { template } from '../templates/template.ts';
import { makeEmailReports, type EmailReports, type ReportEffect } from './email-report.ts';
import type { EmailProvider } from './email-provider.ts';
import { EMAIL_SCOPES } from './email-scopes.ts';
import { email } from './email.ts';
import { makeInbound, type Inbound, type InboundParts } from '../inbound/inbound.ts';

export interface EmailsParts extends InboundParts {
  emailProviders: readonly EmailProvider[];
}

export interface Emails extends MadeModule {
  /** What providers and delivery status notifications say. */
  reports: EmailReports;
  /** Mails that arrive, and the addresses at which they do. */
  inbound: Pick<Inbound, 'inboundEmails' | 'mailAddresses'>;
}

/** What further parts of messaging do with a report: tracking, suppressions. */
const REPORT_EFFECTS: readonly ReportEffect[] = [];

const EMAIL_ERASURE: ErasureRules = {
  relatedTables: [
    {
      table: 'email_content',
      key: 'email_id',
      blank: "html = null, text = null, envelope = null, reference_ids = '{}', attachments = '[]'",
    },
    { table: 'email_send', key: 'email_id', blank: 'to_address = null, last_error = null' },
  ],
};

function prepareEmails(parts: EmailsParts): PreparedModule<Emails> {
  return { records: {}, make: (records) => makeEmails(parts, records) };
}

function makeEmails(parts: EmailsParts, records: Records): Emails {
  const emails = records.serviceOf(email);
  const reports = makeEmailReports({ ...parts, emails, effects: REPORT_EFFECTS });
  const inbound = makeInbound(parts, records, reports);
  const { routes, recurring, followers } = inbound;
  return { routes, recurring, followers, jobTypes: [], reports, inbound };
}

/** Mails that members send through their own accounts, templates, and mails that are received (EM1 to EM5). */
export const emails: Module<EmailsParts, Emails> = {
  nouns: [email, template] as unknown as readonly Noun[],
  scopes: EMAIL_SCOPES,
  eventTypes: [],
  eventObjects: [],
  erasureRules: { email: EMAIL_ERASURE },
  maintenance: () => [],
  prepare: prepareEmails,
};
