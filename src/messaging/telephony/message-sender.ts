import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/pool.ts';
import type { Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { makeSenderLoop } from '../../mail/sender-loop.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { Follower } from '../../record/module.ts';
import type { RecordService } from '../../record/record-service.ts';
import { setConsent } from './consent.ts';
import type { Message } from './message-fields.ts';
import type { MediaUrls } from './message-media.ts';
import type { ClaimedMessage, MessageQueue, UnsettledMessage } from './message-queue.ts';
import { endedMessage, messageAfter } from './message-status.ts';
import { changeRecord } from './telephony-change.ts';
import type { MessageInput } from './message.ts';
import type { PhoneAccounts } from './phone-accounts.ts';
import type { PhoneAccount, PhoneProvider, SendOutcome } from './phone-provider.ts';
import { knownExternalIds } from './sent-message.ts';

export interface MessageSenderParts {
  db: Database;
  clock: Clock;
  log: Logger;
  http: HttpClient;
  baseUrl(): string;
  notify(lanes: LaneKey[]): void;
  queue: MessageQueue;
  accounts: PhoneAccounts;
  mediaUrlsOf: MediaUrls;
  messages: RecordService<Message, MessageInput>;
}

const MAX_IN_FLIGHT = 10;
const PASS_MS = 1_000;
/** When the provider is asked what became of a message, after the request and after each answer that it has none. */
const ASK_AFTER_MS = [2_000, 10_000, 30_000];
/** While the provider cannot be reached it is asked every minute, for a day. */
const ASK_AGAIN_MS = 60_000;
const MAX_LOOK_UPS = 1440;

const OPTED_OUT = {
  status: 'failed',
  code: 'opted_out',
  text: 'The recipient has opted out of messages.',
} as const;
const UNKNOWN = {
  status: 'unknown',
  code: null,
  text: 'The provider did not answer, and has no such message. It is not sent again by itself.',
} as const;

/**
 * Sends what is queued. A crash before the request sends the message again; after it the provider is asked for the
 * message. Where it has none, or cannot be asked, the message becomes `unknown`: it is never sent again in silence.
 */
export function makeMessageSender(parts: MessageSenderParts): Follower {
  const { queue, log } = parts;
  /** Whether a pass has begun whose messages to be looked up are not all claimed. */
  let isAsking = false;
  const loop = makeSenderLoop<Claimed>({
    maxInFlight: MAX_IN_FLIGHT,
    passMs: PASS_MS,
    log,
    recover() {
      isAsking = true;
      return queue.recover();
    },
    async claim() {
      const unsettled = isAsking ? await queue.claimUnsettled() : null;
      isAsking = unsettled !== null;
      if (unsettled) return [{ message: unsettled, work: () => lookUp(parts, unsettled) }];
      const message = await queue.claim();
      return message && [{ message, work: () => sendClaimed(parts, message) }];
    },
    deliver: ({ message, work }) =>
      work().catch((error: Error) =>
        log.error({ err: error.message, message: message.id }, 'a message is settled later'),
      ),
  });
  queue.onNotify(loop.wake);
  return { start: loop.start, stop: loop.stop };
}

/** A message with what is to be done: it is sent, or looked up. */
interface Claimed {
  message: ClaimedMessage;
  work(): Promise<void>;
}

async function sendClaimed(parts: MessageSenderParts, message: ClaimedMessage): Promise<void> {
  if (message.isOver) return settle(parts, message, null);
  if (message.isOptedOut) return settle(parts, message, (current) => endedMessage(current, OPTED_OUT));
  const opened = await openAccount(parts, message);
  if (typeof opened === 'string')
    return settle(parts, message, (current) =>
      endedMessage(current, { status: 'failed', code: 'connection', text: opened }),
    );
  const { http, queue, baseUrl, mediaUrlsOf } = parts;
  const { id, from, to } = message;
  const mediaUrls = message.mediaCount > 0 ? await mediaUrlsOf(message.workspaceId, id) : [];
  if (!(await queue.markSubmitted(message))) return;
  const outcome = await opened.provider.send(
    opened.account,
    { id, from, to, body: message.body ?? '', mediaUrls },
    { http, baseUrl: baseUrl() },
  );
  await takeOutcome(parts, message, outcome, opened.provider);
}

async function takeOutcome(
  parts: MessageSenderParts,
  message: ClaimedMessage,
  outcome: SendOutcome,
  { lookUp: canLookUp }: PhoneProvider,
): Promise<void> {
  const { queue, clock, log } = parts;
  const at = isoTime(clock.now());
  switch (outcome.outcome) {
    case 'accepted':
      return settle(parts, message, (current) => messageAfter(current, outcome.report, at));
    case 'refused': {
      const { code, text, isOptOut } = outcome;
      return settle(
        parts,
        message,
        (current) => endedMessage(current, { status: 'failed', code, text }),
        (trx) => (isOptOut ? optOut(trx, message, text) : Promise.resolve()),
      );
    }
    case 'deferred':
      log.warn({ message: message.id, err: outcome.error }, 'a message was not sent yet');
      return queue.defer(message, outcome.pauseMs);
    default:
      log.error({ message: message.id, err: outcome.error }, 'a message may have been sent');
      if (!canLookUp) return settle(parts, message, (current) => endedMessage(current, UNKNOWN));
      return queue.askLater(message, ASK_AFTER_MS[0]!);
  }
}

async function lookUp(parts: MessageSenderParts, message: UnsettledMessage): Promise<void> {
  const opened = await openAccount(parts, message);
  const giveUp = () => settle(parts, message, (current) => endedMessage(current, UNKNOWN));
  if (typeof opened === 'string' || !opened.provider.lookUp) return giveUp();
  const { http, queue, db, clock, baseUrl } = parts;
  const { id, from, to, lookUps } = message;
  try {
    const mediaUrls: string[] = [];
    const reports = await opened.provider.lookUp(
      opened.account,
      { id, from, to, body: message.body ?? '', mediaUrls },
      Date.parse(message.submittedAt),
      { http, baseUrl: baseUrl() },
    );
    if (reports === null) return await giveUp();
    const known = await knownExternalIds(
      db,
      message,
      reports.map(({ externalId }) => externalId),
    );
    // The same text may have been sent to the same number twice.
    const report = reports.find(({ externalId }) => !known.has(externalId));
    if (report)
      return await settle(parts, message, (current) => messageAfter(current, report, isoTime(clock.now())));
    const pause = ASK_AFTER_MS[lookUps];
    return await (pause === undefined ? giveUp() : queue.askLater(message, pause));
  } catch (error) {
    parts.log.warn({ message: id, err: (error as Error).message }, 'a provider could not be asked');
    return lookUps >= MAX_LOOK_UPS ? giveUp() : queue.askLater(message, ASK_AGAIN_MS);
  }
}

/** The connection, or why it cannot be used. */
async function openAccount(
  { accounts }: MessageSenderParts,
  { workspaceId, connectionId }: ClaimedMessage,
): Promise<{ account: PhoneAccount; provider: PhoneProvider } | string> {
  try {
    return await accounts.open(workspaceId, connectionId);
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return error.message;
    throw error;
  }
}

/** Ends the claim and changes the message, both or none. */
async function settle(
  { db, notify, queue, messages, log }: MessageSenderParts,
  message: ClaimedMessage,
  apply: ((current: Message) => Message) | null,
  also: (trx: Transaction) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const lanes = await db.transaction(async (trx) => {
    if (!(await queue.settle(trx, message))) {
      log.warn({ message: message.id }, 'a message was settled by another sender meanwhile');
      return [];
    }
    await also(trx);
    return apply === null ? [] : changeRecord(trx, messages, message, apply);
  });
  notify(lanes);
}

async function optOut(trx: Transaction, { workspaceId, to }: ClaimedMessage, text: string): Promise<void> {
  await setConsent(trx, workspaceId, {
    channel: 'sms',
    address: to,
    status: 'opted_out',
    source: 'carrier',
    text,
    changed_by: 'system',
  });
}
