import { NOTICE_READERS_ONLY } from './account/notice-mail.ts';
import { PENDING_INVITATIONS_ONLY } from './api/account/invitation-routes.ts';
import { mailTransportOf } from './catalogue.ts';
import type { Foundation } from './foundation.ts';
import { makeMailQueue, type MailQueue } from './mail/mail-queue.ts';
import { makeMailSender, type MailSender } from './mail/mail-sender.ts';
import { makeDial } from './net/dial.ts';
import { makeOperatorGuard } from './net/egress-guard.ts';
import { systemResolver } from './net/system-resolver.ts';

export interface Mailing {
  mail: MailQueue;
  /** Null if the installation sends no mail. */
  mailSender: MailSender | null;
}

/** The queue of mails with its conditions, and what sends them. */
export function assembleMail(foundation: Foundation): Mailing {
  const { config, db, sealer, newId, log, random, clock, listeners } = foundation;
  const conditions = [NOTICE_READERS_ONLY, PENDING_INVITATIONS_ONLY];
  const mail = makeMailQueue({ db, sealer, newId, conditions });
  if (!config.mail) return { mail, mailSender: null };
  const { smtpUrl, from } = config.mail;
  const guard = makeOperatorGuard({ own: () => listeners });
  const transport = mailTransportOf(smtpUrl, makeDial({ guard, resolver: systemResolver, clock }));
  return { mail, mailSender: makeMailSender({ queue: mail, transport, from, log, random }) };
}
