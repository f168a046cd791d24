import type { FastifyInstance } from 'fastify';
import type { Notices } from '../account/notice.ts';
import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import type { Database } from '../db/pool.ts';
import type { Transaction } from '../db/query.ts';
import { query } from '../db/query.ts';
import { messagePage } from '../http/public/public-page.ts';
import { PublicRoutes, sendPage } from '../http/public/public-routes.ts';
import type { Route } from '../http/route.ts';
import type { RecurringJob } from '../jobs/recurring-job.ts';
import type { RelatedTable } from '../record/erasure.ts';
import type { MergedTable } from '../record/merge/moved-columns.ts';
import type { ModuleParts } from '../record/module.ts';
import type { Records } from '../record/records.ts';
import type { ComposeStep } from './emails/compose-step.ts';
import type { ReportEffect } from './emails/email-report.ts';
import { email } from './emails/email.ts';
import type { MailAddresses } from './inbound/mail-address.ts';
import { bounceEffect } from './suppressions/bounce-effect.ts';
import { emailPreferenceRoutes } from './suppressions/contact-email-preferences.ts';
import { emailTopicRoutes } from './suppressions/email-topic-routes.ts';
import { makeEmailTopics } from './suppressions/email-topic-store.ts';
import { addressHash } from './suppressions/suppression.ts';
import { suppressionRoutes } from './suppressions/suppression-routes.ts';
import { makeSuppressions } from './suppressions/suppression-store.ts';
import { makeUnsubscribeByMail, type UnsubscribeByMail } from './suppressions/unsubscribe-mail.ts';
import { UnsubscribeSite } from './suppressions/unsubscribe-site.ts';
import { UNSUBSCRIBE_FILES } from './suppressions/unsubscribe-view.ts';
import { emailHitRoutes } from './tracking/email-hit-routes.ts';
import { makeEmailTracking, trackingStep } from './tracking/email-tracking.ts';
import { forgetVisitors, makeHitRecorder } from './tracking/hit-recorder.ts';
import { mountHits } from './tracking/hit-routes.ts';
import { makeTrackedLinks } from './tracking/tracked-link.ts';
import { makeTrackingTokens } from './tracking/tracking-token.ts';

export interface RecipientParts extends ModuleParts {
  workspaceSettings: WorkspaceSettingsStore;
  notices: Pick<Notices, 'postTo'>;
}

/** What recipients of mails do, and what becomes of their addresses: opens, clicks, bounces, unsubscribing (EM2–EM4). */
export interface Recipients {
  composeSteps: readonly ComposeStep[];
  routes: readonly Route[];
  effects: readonly ReportEffect[];
  unsubscribeByMail: UnsubscribeByMail;
  mountPages(app: FastifyInstance): void;
}

export function makeRecipients(
  parts: RecipientParts & { mailAddresses: Pick<MailAddresses, 'unsubscribe'> },
  records: Records,
): Recipients {
  const { sealer, publicUrl } = parts;
  const tokens = makeTrackingTokens(sealer);
  const suppressions = makeSuppressions(parts);
  const topics = makeEmailTopics(parts);
  const contacts = records.named('contact');
  const { people } = records;
  const common = { ...parts, tokens, suppressions, topics, contacts, people };
  return {
    composeSteps: [trackingStep(makeEmailTracking(common))],
    routes: [
      ...emailHitRoutes(parts),
      ...suppressionRoutes(common),
      ...emailTopicRoutes(common),
      ...emailPreferenceRoutes(common),
    ],
    effects: [bounceEffect(common)],
    unsubscribeByMail: makeUnsubscribeByMail(common),

    mountPages(app) {
      const recorder = makeHitRecorder({ ...parts, emails: records.serviceOf(email) });
      app.addHook('onClose', () => recorder.stop());
      const missing = messagePage(
        'Link not found',
        'This link is not valid, or the email was deleted.',
        UNSUBSCRIBE_FILES,
      );
      mountHits(app, {
        tokens,
        links: makeTrackedLinks(parts.db),
        recorder,
        sendNotFound: (reply) => sendPage(reply, null, 404, missing),
      });
      const pages = new PublicRoutes(app, {
        publicUrl,
        refusalPage: ({ status }, message) =>
          messagePage(status === 404 ? 'Link not found' : 'This is not possible', message, UNSUBSCRIBE_FILES),
        forbiddenSite: 'This page does not accept requests from this site (Origin).',
      });
      const site = new UnsubscribeSite(common);
      pages.page('/u/:token', (request, reply) => site.open(request, reply));
      pages.submission('/u/:token', { form: (request, reply) => site.submit(request, reply) });
    },
  };
}

/** A merged contact that is not to be tracked passes that on. */
export const RECIPIENT_MERGED_TABLES: readonly MergedTable[] = [
  { object: 'contact', table: 'email_tracking_denial', column: 'contact_id', label: 'tracking choices' },
];

/** What the erasure of a mail ends. */
export const EMAIL_RECIPIENT_TABLES: readonly RelatedTable[] = [
  { table: 'email_link', key: 'email_id', blank: 'url = null' },
  { table: 'email_hit', key: 'email_id', blank: "agent = '', visitor = null" },
];

const BLANK_SUPPRESSIONS = {
  name: 'suppression.blank-address',
  text: `update suppression s set address = null, note = null
         from unnest($2::text[]) a(address)
         where s.workspace_id = $1 and s.address_hash = ${addressHash('a.address')}`,
};

/** The erasure of a contact leaves the hash of a suppressed address, so that it gets no mail. */
export async function eraseSuppressedAddresses(
  trx: Transaction,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const addresses = [row['email'], ...((row['other_emails'] as string[] | null) ?? [])].filter(Boolean);
  await query(trx, BLANK_SUPPRESSIONS, [row['workspace_id'], addresses]);
}

/** A soft bounce counts as long as mails are tried again over weeks. */
const DROP_OLD_SOFT_BOUNCES = {
  name: 'email_soft_bounce.drop-old',
  text: `delete from email_soft_bounce where at < now() - interval '90 days'`,
};

export function recipientMaintenance({ db }: { db: Database }): RecurringJob[] {
  return [
    { name: 'maintenance.email_visitors', everyMs: 3_600_000, run: () => forgetVisitors(db) },
    {
      name: 'maintenance.soft_bounces',
      everyMs: 86_400_000,
      run: async () => (await db.pool.query({ ...DROP_OLD_SOFT_BOUNCES, values: [] })).rowCount,
    },
  ];
}
