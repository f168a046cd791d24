import type { Notices } from '../../account/notice.ts';
import type { MailCondition } from '../../mail/mail-queue.ts';
import type { OutgoingDials } from '../../net/dial.ts';
import { makeDnsRecords } from '../../net/dns-records.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { MadeModule, Module, PreparedModule } from '../../record/module.ts';
import type { Noun } from '../../record/noun.ts';
import type { CreateOptions } from '../../record/record-create-routes.ts';
import type { Draft } from '../../record/record-service.ts';
import type { Records } from '../../record/records.ts';
import { makeMailAddresses } from '../inbound/mail-address.ts';
import { returnAddressStep } from '../inbound/return-address.ts';
import { makeInbound, type Inbound, type InboundParts } from '../inbound/inbound.ts';
import {
  eraseSuppressedAddresses,
  EMAIL_RECIPIENT_TABLES,
  makeRecipients,
  recipientMaintenance,
  RECIPIENT_MERGED_TABLES,
  type RecipientParts,
  type Recipients,
} from '../recipients.ts';
import { emailPreferencesExtension } from '../suppressions/contact-email-preferences.ts';
import { SUPPRESSION_SCOPES } from '../suppressions/suppression-scopes.ts';
import { SUPPRESSED_COPY, SUPPRESSION_CONDITION } from '../suppressions/suppression.ts';
import { fillTracking } from '../tracking/tracking-choice.ts';
import { checkTemplate } from '../templates/template-engine.ts';
import { templateRoutes } from '../templates/template-routes.ts';
import { template } from '../templates/template.ts';
import { dropUnusedAttachments } from './attachment-store.ts';
import { emailAccountRoutes } from './email-account-routes.ts';
import { emailContentRoutes } from './email-content-routes.ts';
import { readEmailChange, writeEmailChange } from './email-change.ts';
import { makeEmailDraft, type EmailDraftParts } from './email-draft.ts';
import { EMAIL_ERASURE, eraseEmailsOfContact } from './email-erasure.ts';
import { checkMayShow } from './email-input.ts';
import { emailInsertGate } from './email-insert-gate.ts';
import type { EmailProvider } from './email-provider.ts';
import { dropOldSends, EMAIL_CONDITIONS, makeEmailQueue, type EmailQueue } from './email-queue.ts';
import { makeEmailReports, type EmailReports } from './email-report.ts';
import { readMarkRoutes } from './email-read-mark.ts';
import { emailRoutes } from './email-routes.ts';
import { EMAIL_SCOPES } from './email-scopes.ts';
import { makeEmailSender } from './email-sender.ts';
import { emailThreadRoutes } from './email-thread-routes.ts';
import { email, type EmailInput } from './email.ts';

export interface EmailsParts extends InboundParts, RecipientParts {
  http: HttpClient;
  dials: OutgoingDials;
  notices: Notices;
  random: () => number;
  emailProviders: readonly EmailProvider[];
}

export interface Emails extends MadeModule {
  /** What providers and delivery status notifications say. */
  reports: EmailReports;
  /** Mails that arrive, and the addresses at which they do. */
  inbound: Pick<Inbound, 'inboundEmails' | 'mailAddresses'>;
}

/** What a mail has to meet when it is claimed. */
const CONDITIONS: readonly MailCondition[] = [...EMAIL_CONDITIONS, SUPPRESSION_CONDITION];

function prepareEmails(parts: EmailsParts): PreparedModule<Emails> {
  let made: Records | undefined;
  const kinds = parts.emailProviders.map(({ kind }) => kind);
  const queue = makeEmailQueue({ ...parts, kinds, conditions: CONDITIONS, isDropped: SUPPRESSED_COPY });
  const drafting: EmailDraftParts = { ...parts, kinds, records: () => made! };
  return {
    records: {
      services: {
        email: {
          enrich: [makeEmailDraft(drafting), fillTracking(parts), readEmailChange(parts)],
          beforeChange: [writeEmailChange(parts)],
          gate: emailInsertGate,
        },
        template: { enrich: [checkTemplateFields] },
      },
      extensions: [emailPreferencesExtension(parts.db)],
    },
    make(records) {
      made = records;
      return makeEmails(parts, { drafting, queue, kinds }, records);
    },
  };
}

function checkTemplateFields({ input }: Draft): Promise<void> {
  const { subject, html, text } = input as Record<string, string | null | undefined>;
  return checkTemplate({ subject, html, text });
}

function makeEmails(
  parts: EmailsParts,
  { drafting, queue, kinds }: { drafting: EmailDraftParts; queue: EmailQueue; kinds: readonly string[] },
  records: Records,
): Emails {
  const service = records.serviceOf(email);
  const mailAddresses = makeMailAddresses(parts);
  const recipients: Recipients = makeRecipients({ ...parts, mailAddresses }, records);
  const { effects } = recipients;
  const composeSteps = [...recipients.composeSteps, returnAddressStep(mailAddresses)];
  const shared = {
    ...parts,
    emails: service,
    queue,
    kinds,
    effects,
    connectionUrl: (id: string) => `${parts.baseUrl()}/settings/connections/${id}`,
  };
  const sender = makeEmailSender({ ...shared, providers: parts.emailProviders, composeSteps });
  const reports = makeEmailReports(shared);
  const { unsubscribeByMail } = recipients;
  const inbound = makeInbound({ ...parts, mailAddresses, unsubscribeByMail }, records, reports);
  return {
    routes: [
      ...emailRoutes({ ...shared, shown: records.shownAs(email) }),
      ...emailContentRoutes(shared),
      ...emailThreadRoutes(parts),
      ...readMarkRoutes(parts),
      ...emailAccountRoutes({ ...shared, dnsRecords: makeDnsRecords() }),
      ...templateRoutes(drafting),
      ...inbound.routes,
      ...recipients.routes,
    ],
    jobTypes: [],
    createOptions: { email: emailCreateOptions(queue) },
    followers: [sender, ...inbound.followers],
    recurring: inbound.recurring,
    reports,
    inbound,
    mountPages: recipients.mountPages,
  };
}

function emailCreateOptions(queue: EmailQueue): CreateOptions<EmailInput> {
  return {
    scope: 'emails:send',
    description:
      'Sends it at once, or at `send_at`; the response has the status `queued` or `scheduled`. `to` may be left out with `contact_id`, `lead_id` or `deal_id`. `template_id` makes subject and text, where they are not sent. Fires `email.created`, and `email.sent` once a mail system has accepted it.',
    afterCreate: () => queue.notify(),
    inputFor(caller) {
      return email.input.superRefine((sent) => checkMayShow(caller, sent));
    },
  };
}

const HOUR_MS = 3_600_000;

/** Mails that members send through their own accounts, templates, and mails that are received (EM1 to EM5). */
export const emails: Module<EmailsParts, Emails> = {
  nouns: [email, template] as unknown as readonly Noun[],
  scopes: [...EMAIL_SCOPES, ...SUPPRESSION_SCOPES],
  eventTypes: [],
  eventObjects: [],
  mergedTables: RECIPIENT_MERGED_TABLES,
  erasureRules: {
    email: {
      ...EMAIL_ERASURE,
      relatedTables: [...(EMAIL_ERASURE.relatedTables ?? []), ...EMAIL_RECIPIENT_TABLES],
    },
    contact: {
      async eraseCopies(trx, row) {
        await eraseEmailsOfContact(trx, row);
        await eraseSuppressedAddresses(trx, row);
      },
    },
    template: {},
  },
  maintenance: ({ db }) => [
    ...recipientMaintenance({ db }),
    { name: 'maintenance.email_attachments', everyMs: HOUR_MS, run: () => dropUnusedAttachments(db) },
    { name: 'maintenance.email_sends', everyMs: HOUR_MS, run: () => dropOldSends(db) },
  ],
  prepare: prepareEmails,
};
