import type { Logger } from '../base/log.ts';
import { composeMail, domainOf } from './mail-composer.ts';
import type { ClaimedMail, MailEnd, MailQueue } from './mail-queue.ts';
import type { AttemptOutcome, MailMetrics } from './mail-metrics.ts';
import type { MailOutcome, MailTransport } from './mail-transport.ts';

/** Sends what is queued, from one process; any number of them share a queue. */
export interface MailSender {
  /** Makes a pass now and every five seconds: every process that has a mail server sends. */
  start(): void;
  /** Starts sending what is due, and recovers what other senders left. */
  pass(stopped: AbortSignal): Promise<void>;
  /** Aborts attempts whose content was not sent yet; waits a few seconds for the others. */
  stop(): Promise<void>;
}

const MAX_IN_FLIGHT = 4;
const PASS_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;
/** Pauses after failed attempts, in minutes; the last one repeats until the mail expires. */
const PAUSES_MIN = [1, 5, 15, 60, 120, 240, 360];
/** Each pause is up to a fifth shorter or longer, so that mails which failed together do not return together. */
const JITTER = 0.2;
const SETTLE_PAUSES_MS = [100, 500, 2_000, 5_000, 10_000, 30_000];

/** @param attempts how many have failed. @param random from 0 to 1 */
export function pauseAfter(attempts: number, random: number): number {
  const minutes = PAUSES_MIN[Math.min(attempts, PAUSES_MIN.length) - 1]!;
  return Math.round(minutes * 60_000 * (1 - JITTER + 2 * JITTER * random));
}

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
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  let running: Promise<void> | null = null;
  let again = false;
  let hasStarted = false;

  queue.onNotify(() => {
    if (hasStarted)
      void pass().catch((error: Error) => log.warn({ err: error.message }, 'mail is sent later'));
  });

  /** One at a time; what is queued meanwhile is seen by a further round. */
  function pass(): Promise<void> {
    if (running) again = true;
    running ??= rounds().finally(() => {
      running = null;
    });
    return running;
  }

  async function rounds(): Promise<void> {
    do {
      again = false;
      await claimAll();
    } while (again);
  }

  async function claimAll(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
      const mail = await queue.claim(domain);
      if (!mail) return;
      const attempt = deliver(mail).finally(() => inFlight.delete(attempt));
      inFlight.add(attempt);
    }
  }

  async function deliver(mail: ClaimedMail): Promise<void> {
    const outcome = await attemptOf(parts, mail, stopping.signal);
    try {
      const end = await persist(() => settle(parts, mail, outcome, stopping.signal));
      parts.metrics.attempts.inc({ outcome: end });
    } catch (error) {
      log.error({ ...named(mail), err: (error as Error).message }, 'what became of a mail was not stored');
    }
  }

  async function recoverAndPass(stopped: AbortSignal): Promise<void> {
    if (stopped.aborted || stopping.signal.aborted) return;
    hasStarted = true;
    for (const { id, kind, state } of await queue.recover())
      log.error({ mail: id, kind, state }, 'a mail was given up');
    await pass();
  }

  async function repeat(): Promise<void> {
    try {
      await recoverAndPass(stopping.signal);
    } catch (error) {
      log.warn({ err: (error as Error).message }, 'mail is sent later');
    }
    if (!stopping.signal.aborted) setTimeout(() => void repeat(), PASS_MS).unref();
  }

  return {
    start: () => void repeat(),

    pass: recoverAndPass,

    async stop() {
      stopping.abort();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([Promise.allSettled([running, ...inFlight]), late]);
      clearTimeout(timer);
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

/** Repeats what writes an outcome while the database is gone: without it, the mail would count as unknown. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of SETTLE_PAUSES_MS) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, pause).unref();
      });
    }
  }
  return work();
}
