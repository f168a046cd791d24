import { isoTime } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Uuid } from '../../base/id.ts';
import { ApiError } from '../../base/errors.ts';
import { makeSenderLoop, persist, type SenderLoop } from '../../mail/sender-loop.ts';
import type { Follower } from '../../record/module.ts';
import { isReported, storeOutcome, type EmailOutcomeParts } from './email-outcome.ts';
import { MAX_PER_ACCOUNT, type EmailProvider, type SendResult, type SendTools } from './email-provider.ts';
import type { AbandonedEmail, ClaimedEmail } from './email-queue.ts';
import { ErasedEmailError, loadEmail, openAccount, type OutgoingEmailParts } from './outgoing-email.ts';

const MAX_IN_FLIGHT = 24;
/** With more under way, nothing more of an account is claimed: each claim takes several. */
const BUSY = MAX_PER_ACCOUNT / 2;
/** For connecting, TLS, sign-in and envelope; shorter than a claim lasts. */
const SUBMIT_TIMEOUT_MS = 90_000;
const LOOK_UP_TIMEOUT_MS = 30_000;
const EXPIRED_BATCH = 100;

export interface EmailSenderParts extends EmailOutcomeParts, OutgoingEmailParts {
  providers: readonly EmailProvider[];
  log: Logger;
  http: SendTools['http'];
  dials: SendTools['dials'];
  submitTimeoutMs?: number;
}

/** Sends the mails of workspaces. */
export type EmailSender = Follower & Pick<SenderLoop, 'pass'>;

/** The claim was lost: the content must not be sent. */
class ClaimLostError extends Error {
  override readonly name = 'ClaimLostError';
}

export function makeEmailSender(parts: EmailSenderParts): EmailSender {
  const { queue, log } = parts;
  const providers = new Map(parts.providers.map((provider) => [provider.kind, provider]));
  const perAccount = new Map<Uuid, number>();

  async function deliver(email: ClaimedEmail, stopping: AbortSignal): Promise<void> {
    try {
      const result = await attempt(parts, providers, email, stopping);
      if (result === 'released') await persist(() => queue.release(email));
      else if (result.outcome === 'unknown') await resolveUnknown(email, result);
      else await settle(email, result);
    } finally {
      endAttempt(email.connectionId);
    }
  }

  function endAttempt(account: Uuid): void {
    const left = perAccount.get(account)! - 1;
    if (left > 0) perAccount.set(account, left);
    else perAccount.delete(account);
    // Its other mails were not claimed.
    if (left === BUSY) loop.wake();
  }

  async function settle(email: ClaimedEmail, result: SendResult, wasTried = true): Promise<void> {
    try {
      const outcome = await persist(() => storeOutcome(parts, email, result, { wasTried }));
      const text = 'text' in result ? { err: result.text } : {};
      log[LEVELS[outcome]](
        { email: email.id, outcome, attempts: email.attempts, ...text },
        'an email was tried',
      );
    } catch (error) {
      log.error({ email: email.id, err: (error as Error).message }, 'what became of an email was not stored');
    }
  }

  async function resolveUnknown(email: ClaimedEmail, result: SendResult): Promise<void> {
    const submittedAt = email.unknownSince ?? isoTime(parts.clock.now());
    const found = await lookUp(parts, providers, { ...email, submittedAt });
    if (found === 'not_accepted')
      await settle(email, {
        outcome: 'deferred',
        text: 'The mail system did not get it.',
        mayBeAccepted: true,
      });
    else await settle(email, found.outcome === 'accepted' ? found : result);
  }

  /** Asks the provider about what dead senders handed over; without an answer it stays unknown. */
  async function resolveAbandoned(email: AbandonedEmail): Promise<void> {
    const found = await lookUp(parts, providers, email);
    if (found === 'not_accepted') await queue.release(email);
    else await settle(email, found);
  }

  const loop = makeSenderLoop<ClaimedEmail>({
    maxInFlight: MAX_IN_FLIGHT,
    log,
    deliver,
    async claim(room) {
      const busy = [...perAccount].flatMap(([id, sending]) => (sending > BUSY ? [id] : []));
      const emails = await queue.claim(Math.min(room, MAX_PER_ACCOUNT - BUSY), busy);
      for (const { connectionId: id } of emails ?? []) perAccount.set(id, (perAccount.get(id) ?? 0) + 1);
      return emails;
    },
    async recover() {
      for (const email of await queue.recover()) await resolveAbandoned(email);
      for (const email of await queue.expired(EXPIRED_BATCH))
        await settle(
          email,
          { outcome: 'failed', text: 'It was not sent in time, or its account was deleted.' },
          false,
        );
    },
  });
  queue.onNotify(loop.wake);

  return {
    start: loop.start,
    pass: loop.pass,
    async stop() {
      await loop.stop();
      for (const provider of parts.providers) provider.close?.(parts);
    },
  };
}

const LEVELS = {
  sent: 'debug',
  bounced: 'info',
  retried: 'warn',
  failed: 'warn',
  unknown: 'error',
  account_refused: 'error',
  claim_lost: 'warn',
} as const;

/** One attempt; `released` puts the mail back as if there had been none. */
async function attempt(
  parts: EmailSenderParts,
  providers: ReadonlyMap<string, EmailProvider>,
  email: ClaimedEmail,
  stopping: AbortSignal,
): Promise<SendResult | 'released'> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), parts.submitTimeoutMs ?? SUBMIT_TIMEOUT_MS);
  let isSubmitted = false;
  try {
    const { kind, account, outgoing } = await loadEmail(parts, email);
    const provider = providers.get(kind);
    if (email.unknownSince !== null) {
      // The provider may have forgotten the id meanwhile: another request would send the mail twice.
      const known = await lookUp(parts, providers, { ...email, submittedAt: email.unknownSince });
      if (known !== 'not_accepted') return known;
    }
    if (!provider) return { outcome: 'deferred', text: `This version cannot send by ${kind}.` };
    const result = await provider.send(outgoing, account, {
      http: parts.http,
      dials: parts.dials,
      signal: AbortSignal.any([limit.signal, stopping]),
      async beforeContent() {
        if (!(await parts.queue.markSubmitted(email)))
          throw new ClaimLostError('another sender has claimed this email');
        isSubmitted = true;
        clearTimeout(timer);
      },
    });
    return stopping.aborted && result.outcome === 'deferred' && !isSubmitted ? 'released' : result;
  } catch (error) {
    return resultOfError(error as Error, isSubmitted);
  } finally {
    clearTimeout(timer);
  }
}

/** The mail itself cannot be composed, or something of ours failed. */
function resultOfError(error: Error, isSubmitted: boolean): SendResult {
  if (isSubmitted) return { outcome: 'unknown', text: 'The connection failed after the content was sent.' };
  if (error.name === 'MailMessageError' || error instanceof ErasedEmailError)
    return { outcome: 'failed', text: error.message };
  if (error instanceof ApiError && error.code === 'not_found')
    return { outcome: 'failed', text: 'Its account was deleted.' };
  // Sealed with another key: the account needs its password again.
  if (error instanceof ApiError && error.code === 'conflict')
    return { outcome: 'account_refused', text: error.message };
  return { outcome: 'deferred', text: error.name };
}

async function lookUp(
  parts: EmailSenderParts,
  providers: ReadonlyMap<string, EmailProvider>,
  email: AbandonedEmail,
): Promise<SendResult | 'not_accepted'> {
  const unknown: SendResult = {
    outcome: 'unknown',
    text: 'The program ended before the mail system answered.',
  };
  try {
    const { kind, account } = await openAccount(parts, email);
    const provider = providers.get(kind);
    const stored = await parts.emails.store.get(email.workspaceId, email.id);
    if (stored && isReported(stored)) return { outcome: 'accepted', providerId: stored.provider_id };
    if (!provider?.lookUp || !stored?.message_id) return unknown;
    const found = await provider.lookUp(
      { id: email.id, messageId: stored.message_id, submittedAt: email.submittedAt },
      account,
      { http: parts.http, dials: parts.dials, signal: AbortSignal.timeout(LOOK_UP_TIMEOUT_MS) },
    );
    if (found.outcome === 'accepted') return found;
    return found.outcome === 'not_accepted' ? 'not_accepted' : unknown;
  } catch {
    return unknown;
  }
}
