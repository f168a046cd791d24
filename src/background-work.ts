import type { Logger } from './base/log.ts';
import type { Config } from './config.ts';
import type { Engine } from './delivery/engine.ts';
import type { JobWorker } from './jobs/job-worker.ts';
import type { MailSender } from './mail/mail-sender.ts';
import type { SmtpListener } from './messaging/inbound/smtp-listener.ts';
import type { Listener } from './net/egress-guard.ts';
import type { Follower } from './record/module.ts';

/** What runs in addition to the HTTP server. */
export interface BackgroundWork {
  /** Starts the engine and, where this process has the service `worker`, deliveries and jobs. */
  start(): void;
  /** Receives mail, if FAIRLEAD_SMTP_LISTEN is set. @returns where; null if it is not. Throws `StartError`. */
  receiveMail(): Promise<Listener | null>;
  /** Takes no new work; running work is finished. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export interface BackgroundWorkParts {
  services: Config['services'];
  log: Logger;
  /** Receives the address of the mail listener, which webhooks must not reach. */
  listeners: Listener[];
  engine: Engine;
  jobWorker: JobWorker;
  followers: readonly Follower[];
  /** Null if the installation sends no mail. */
  mailSender: MailSender | null;
  /** Null if the installation receives no mail by SMTP. */
  mailListener: SmtpListener | null;
}

export function makeBackgroundWork(parts: BackgroundWorkParts): BackgroundWork {
  const { services, log, listeners, engine, jobWorker, followers, mailSender, mailListener } = parts;
  return {
    start() {
      const worker = services.includes('worker');
      engine.start({ worker });
      if (worker) for (const part of [jobWorker, ...followers]) part.start();
      mailSender?.start();
    },
    async receiveMail() {
      if (!mailListener) return null;
      const listener = await mailListener.start();
      listeners.push(listener);
      log.info(listener, 'receiving mail');
      return listener;
    },
    async drain() {
      await Promise.all([mailListener?.stop(), engine.stop(), jobWorker.stop()]);
    },
    async stop() {
      await mailListener?.stop();
      await Promise.all([engine, jobWorker, mailSender, ...followers].map(async (part) => part?.stop()));
    },
  };
}
