import type { Logger } from '../base/log.ts';
import { composeMail, domainOf } from './mail-composer.ts';
import type { ClaimedMail, MailEnd, MailQueue } from './mail-queue.ts';
import type { AttemptOutcome, MailMetrics } from './mail-metrics.ts';
import type { MailOutcome, MailTransport } from './mail-transport.ts';
import { makeSenderLoop, pauseAfter, persist, type SenderLoop } from './sender-loop.ts';

/** Sends the mails of the queue; every process that has a mail server does. */
export type MailSender = Pick<SenderLoop, 'start' | 'pass' | 'stop'>;

const MAX_IN_FLIGHT = 4;

export interface SenderParts {
  queue: MailQueue;
  transport: MailTransport;
  /** An address, or a name with an address in <>. */
  from: string;
  log: Logger;
  metrics: MailMetrics;
  random: () => number;
  /** For connecting, TLS, sign-in and envelope; must be shorter than a claim lasts. Default: one minute. */
  submitTimeoutMs?: number;
}

export function makeMailSender(parts: SenderParts): MailSender {
  const { queue, transport, from, log } = parts;
  const domain = domainOf(from);

  async function deliver(mail: ClaimedMail, stopping: AbortSignal): Promise<void> {
    const outcome = await attemptOf(parts, mail, stopping);
    try {
      const end = await persist(() => settle(parts, mail, outcome, stopping));
      parts.metrics.attempts.inc({ outcome: end });
    } catch (error) {
      log.error({ ...named(mail), err: (error as Error).message }, 'what became of a mail was not stored');
    }
  }

  const loop = makeSenderLoop<ClaimedMail>({
    maxInFlight: MAX_IN_FLIGHT,
    log,
    deliver,
    async claim() {
      const mail = await queue.claim(domain);
      return mail && [mail];
    },
    async recover() {
      for (const { id, kind, state } of await queue.recover())
        log.error({ mail: id, kind, state }, 'a mail was given up');
    },
  });
  queue.onNotify(loop.wake);

  return {
    start: loop.start,
    pass: loop.pass,
    async stop() {
      await loop.stop();
      transport.close();
    },
  };
}

async function attemptOf(
  { queue, transport, from, submitTimeoutMs = 60_000 }: SenderParts,
  mail: ClaimedMail,
  stopping: AbortSignal,
): Promise<MailOutcome> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), submitTimeoutMs);
  const beforeContent = async () => {
    if (!(await queue.markSubmitted(mail))) throw new Error('another sender has claimed this mail');
    clearTimeout(timer);
  };
  try {
    const { message, messageId, created_at: date } = mail;
    const composed = await composeMail(message, { from, messageId, date: new Date(date) });
    return await transport.send(composed, beforeContent, AbortSignal.any([limit.signal, stopping]));
  } catch (error) {
    // No transport rejects: the message itself cannot be composed.
    return { outcome: 'refused', error: (error as Error).name };
  } finally {
    clearTimeout(timer);
  }
}

async function settle(
  { queue, log, random }: SenderParts,
  mail: ClaimedMail,
  outcome: MailOutcome,
  stopping: AbortSignal,
): Promise<AttemptOutcome> {
  if (outcome.outcome === 'deferred') {
    const pause = stopping.aborted ? 0 : pauseAfter(mail.attempts, random());
    const state = await queue.retry(mail, pause, outcome.error);
    if (state === null) return claimLost(log, mail);
    if (state === 'failed') log.error({ ...named(mail), err: outcome.error }, 'a mail was given up');
    else log.warn({ ...named(mail), err: outcome.error }, 'a mail was not sent yet');
    return state === 'failed' ? 'failed' : 'retried';
  }
  const [end, level, text] = ENDS[outcome.outcome];
  const error = 'error' in outcome ? outcome.error : null;
  if (!(await queue.settle(mail, end, error))) return claimLost(log, mail);
  log[level]({ ...named(mail), ...(error && { err: error }) }, text);
  return end;
}

function claimLost(log: Logger, mail: ClaimedMail): AttemptOutcome {
  log.warn(named(mail), 'a mail was claimed by another sender meanwhile');
  return 'claim_lost';
}

const ENDS = {
  accepted: ['sent', 'info', 'a mail was sent'],
  refused: ['failed', 'error', 'a mail was refused'],
  unknown: ['unknown', 'error', 'a mail may have been sent: the mail server did not answer'],
} as const satisfies Record<string, [MailEnd, 'info' | 'error', string]>;

function named({ id, kind, attempts }: ClaimedMail) {
  return { mail: id, kind, attempts };
}
