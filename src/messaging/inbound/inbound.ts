import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { OutgoingDials } from '../../net/dial.ts';
import { makeDnsRecords } from '../../net/dns-records.ts';
import type { Follower, ModuleParts, MadeModule } from '../../record/module.ts';
import type { Records } from '../../record/records.ts';
import type { EmailReports } from '../emails/email-report.ts';
import { email } from '../emails/email.ts';
import type { UnsubscribeByMail } from '../suppressions/unsubscribe-mail.ts';
import { emailFrameRoute } from './email-frame-route.ts';
import { notingLastEmail } from './last-inbound-email.ts';
import { makeInboundEmails } from './inbound-email.ts';
import { inboundSettingsRoutes } from './inbound-settings-routes.ts';
import { makeInboundSettings } from './inbound-settings.ts';
import { inboundSourceRoutes, type MailSource } from './inbound-source-routes.ts';
import type { MailAddresses } from './mail-address.ts';
import { makeMailParser, type MailParser } from './mail-parser.ts';
import type { MailboxReader } from './mailbox-reader.ts';
import { mailboxSyncJob } from './mailbox-sync.ts';
import { makeMailboxWatcher } from './mailbox-watcher.ts';
import type { InboundEmails } from './received-email.ts';

export interface InboundParts extends ModuleParts {
  clock: Clock;
  log: Logger;
  files: FileStore;
  connections: Connections;
  /** FAIRLEAD_MAIL_DOMAIN; '' if there is none. */
  mailDomain: string;
  dials: OutgoingDials;
  mailboxReaders: readonly MailboxReader[];
  random: () => number;
  mailSources: readonly MailSource[];
  /** The SMTP listener of this process; null if it has none. */
  smtpListener: { port: number; hasTls: boolean } | null;
}

export interface Inbound extends Required<Pick<MadeModule, 'routes' | 'recurring' | 'followers'>> {
  inboundEmails: InboundEmails;
  mailAddresses: MailAddresses;
}

/** What messaging does with mail that arrives (EM5). */
export function makeInbound(
  parts: InboundParts & { mailAddresses: MailAddresses; unsubscribeByMail: UnsubscribeByMail },
  records: Records,
  reports: EmailReports,
): Inbound {
  const inboundSettings = makeInboundSettings(parts);
  const { mailAddresses } = parts;
  const mailParser = makeMailParser();
  const taking = makeInboundEmails({
    ...parts,
    people: records.people,
    emails: records.serviceOf(email),
    reports,
    mailAddresses,
    mailParser,
    inboundSettings,
  });
  const inboundEmails = notingLastEmail(taking, parts);
  const reading = { ...parts, people: records.people, mailAddresses, inboundEmails };
  return {
    inboundEmails,
    mailAddresses,
    routes: [
      ...inboundSettingsRoutes({ ...parts, inboundSettings, mailAddresses }),
      ...inboundSourceRoutes({ ...parts, dnsRecords: makeDnsRecords() }),
      emailFrameRoute({ ...parts, emails: records.serviceOf(email) }),
    ],
    recurring: [mailboxSyncJob(reading)],
    // The parser is closed once nothing is read any more.
    followers: [withParser(makeMailboxWatcher(reading), mailParser)],
  };
}

function withParser(watcher: Follower, mailParser: MailParser): Follower {
  return {
    start: () => watcher.start(),
    async stop() {
      await watcher.stop();
      await mailParser.close();
    },
  };
}
