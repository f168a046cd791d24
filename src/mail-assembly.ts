import type { Registry } from 'prom-client';
import { NOTICE_READERS_ONLY } from './account/notice-mail.ts';
import { VALID_RESETS_ONLY } from './account/sign-in.ts';
import { PENDING_INVITATIONS_ONLY } from './api/account/invitation-routes.ts';
import { mailTransportOf } from './catalogue.ts';
import { MENTIONED_MEMBERS_ONLY } from './crm/notes/mention-notice.ts';
import type { Foundation } from './foundation.ts';
import { makeMailMetrics } from './mail/mail-metrics.ts';
import { makeMailQueue, type MailQueue } from './mail/mail-queue.ts';
import { makeMailSender, type MailSender } from './mail/mail-sender.ts';
import {
  makeSmtpListener,
  type SmtpListener,
  type SmtpListenerParts,
} from './messaging/inbound/smtp-listener.ts';
import { makeDial } from './net/dial.ts';
import { makeOperatorGuard } from './net/egress-guard.ts';
import { systemResolver } from './net/system-resolver.ts';
import { CURRENT_APPOINTMENTS_ONLY } from './scheduling/invitations/follow-up.ts';

const CONDITIONS = [
  CURRENT_APPOINTMENTS_ONLY,
  NOTICE_READERS_ONLY,
  MENTIONED_MEMBERS_ONLY,
  PENDING_INVITATIONS_ONLY,
  VALID_RESETS_ONLY,
];

/** The queue of mails, with the conditions under which each is still sent. */
export function assembleMailQueue({ db, sealer, newId }: Foundation): MailQueue {
  return makeMailQueue({ db, sealer, newId, conditions: CONDITIONS });
}

/** What sends the mails of the queue; null if the installation sends none. */
export function assembleMailSender(
  { config, db, log, random, clock, listeners }: Foundation,
  queue: MailQueue,
  registry: Registry,
): MailSender | null {
  const metrics = makeMailMetrics(registry, db);
  if (config.mail === null) return null;
  const guard = makeOperatorGuard({ own: () => listeners });
  const dial = makeDial({ guard, resolver: systemResolver, clock });
  const transport = mailTransportOf(config.mail.smtpUrl, dial);
  return makeMailSender({ queue, transport, from: config.mail.from, log, metrics, random });
}

/** What receives mail; null if the installation receives none by SMTP. */
export function assembleMailListener(
  { config, log, clock }: Foundation,
  inbound: Pick<SmtpListenerParts, 'inboundEmails' | 'mailAddresses'>,
): SmtpListener | null {
  return config.smtpListen && makeSmtpListener({ ...inbound, listen: config.smtpListen, log, clock });
}
