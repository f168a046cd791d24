import { NOTICE_READERS_ONLY } from './account/notice-mail.ts';
import { PENDING_INVITATIONS_ONLY } from './api/account/invitation-routes.ts';
import { mailTransportOf } from './catalogue.ts';
import type { Foundation } from './foundation.ts';
import { makeMailQueue, type MailQueue } from './mail/mail-queue.ts';
import { makeMailSender, type MailSender } from './mail/mail-sender.ts';

export interface Mailing {
  mail: MailQueue;
  /** Null if the installation sends no mail. */
  mailSender: MailSender | null;
}

/** The queue of mails with its conditions, and what sends them. */
export function assembleMail({ config, db, sealer, newId, log, random }: Foundation): Mailing {
  const conditions = [NOTICE_READERS_ONLY, PENDING_INVITATIONS_ONLY];
  const mail = makeMailQueue({ db, sealer, newId, conditions });
  const mailSender =
    config.mail &&
    makeMailSender({
      queue: mail,
      transport: mailTransportOf(config.mail.smtpUrl),
      from: config.mail.from,
      log,
      random,
    });
  return { mail, mailSender };
}
