import { sha256 } from '../../base/hmac.ts';
import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import { redactReply } from '../../mail/mail-transport.ts';
import {
  MAX_PER_ACCOUNT,
  type EmailProvider,
  type SendResult,
  type SendTools,
} from '../../messaging/emails/email-provider.ts';
import { statusOf } from '../../messaging/suppressions/bounce-class.ts';
import {
  failureText,
  makeSmtpClient,
  SETTINGS_CODES,
  type SmtpClient,
  type SmtpFailure,
} from './smtp-transport.ts';

/** How long a test of a connection may take. */
const TEST_TIMEOUT_MS = 10_000;

type Dials = SendTools['dials'];

/** Mail by the workspace's own SMTP server. It cannot say whether it got a mail, so such a mail stays unknown. */
export const smtpProvider: EmailProvider = {
  kind: 'smtp',

  async send({ envelope, raw, parts }, account, { dials, beforeContent, signal }) {
    const mail = { envelope: { from: envelope.from, to: [...envelope.to] }, raw };
    const result = await clientsOf(dials).use(account).send(mail, beforeContent, signal);
    if ('failure' in result) return resultOf(result.failure);
    const refusal = result.accepted.refused.find(
      ({ address }) => address.toLowerCase() === parts.to.address.toLowerCase(),
    );
    if (!refusal) return { outcome: 'accepted', providerId: null };
    // A further recipient was accepted: the mail is not sent again for this one.
    return bounced(refusal.message);
  },

  test: testSmtp,
  close: ({ dials }) => clientsOf(dials).close(),
};

const POOL = { maxConnections: MAX_PER_ACCOUNT, idleMs: 10_000 };
const MAX_CLIENTS = 100;

/** The clients of mail servers that were used last: connecting and signing in take longer than a mail. */
class SmtpClients {
  /** By a hash of server and sign-in, least recently used first. */
  readonly #clients = new Map<string, SmtpClient>();
  readonly #dials: Dials;

  constructor(dials: Dials) {
    this.#dials = dials;
  }

  use(account: ConnectionValues): SmtpClient {
    const { host, port, tls } = account.settings;
    const { username, password } = account.secrets;
    const key = sha256(JSON.stringify([host, port, tls, username, password])).toString('base64');
    const client = this.#clients.get(key) ?? clientOf(account, this.#dials, { pool: POOL });
    this.#clients.delete(key);
    this.#clients.set(key, client);
    for (const [oldest, unused] of this.#clients) {
      if (this.#clients.size <= MAX_CLIENTS) break;
      unused.close();
      this.#clients.delete(oldest);
    }
    return client;
  }

  /** Mails that are being sent are finished. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

/** Of each installation in this process. */
const clients = new WeakMap<Dials['dial'], SmtpClients>();

function clientsOf(dials: Dials): SmtpClients {
  const found = clients.get(dials.dial) ?? new SmtpClients(dials);
  clients.set(dials.dial, found);
  return found;
}

/** Connects and signs in. */
export async function testSmtp(
  account: ConnectionValues,
  { dials }: Pick<SendTools, 'dials'>,
): Promise<TestResult> {
  const timeouts = { connectTimeoutMs: TEST_TIMEOUT_MS, contentTimeoutMs: TEST_TIMEOUT_MS };
  const client = clientOf(account, dials, timeouts);
  try {
    await client.verify();
    return { ok: true, message: 'The server accepts the connection and the sign-in.' };
  } catch (error) {
    return { ok: false, message: redactReply((error as Error).message) };
  } finally {
    client.close();
  }
}

function clientOf(
  { settings, secrets }: ConnectionValues,
  dials: Dials,
  options: Parameters<typeof makeSmtpClient>[2],
): SmtpClient {
  const { host, port, tls } = settings as { host: string; port: number; tls: 'none' | 'starttls' | 'tls' };
  const { username, password = '' } = secrets;
  const server = { host, port, tls, auth: username ? { user: username, pass: password } : null };
  return makeSmtpClient(server, tls === 'none' ? dials.plainDial : dials.dial, options);
}

const TOO_LARGE = new Set(['5.3.4', '5.2.3']);

/** What a failure means for the mail (RFC 5321, RFC 3463). */
export function resultOf(failure: SmtpFailure): SendResult {
  const { responseCode, command, hasBegun, code, message } = failure;
  const text = failureText(failure);
  if (responseCode === 0) {
    // Nodemailer knows before it connects that a server without the extension cannot take the address.
    if (code === 'EENVELOPE' && !hasBegun) return { outcome: 'failed', text };
    if (hasBegun) return { outcome: 'unknown', text };
    return { outcome: 'deferred', text: redactReply(`The mail server was not reached: ${message}`) };
  }
  if (SETTINGS_CODES.has(responseCode) || code === 'EAUTH')
    return responseCode < 500 ? { outcome: 'deferred', text } : { outcome: 'account_refused', text };
  if (responseCode < 500) return { outcome: 'deferred', text };
  const status = statusOf({ text: message });
  if (responseCode === 552 || (status !== null && TOO_LARGE.has(status))) return { outcome: 'failed', text };
  if (command === 'RCPT TO' || command === 'DATA' || hasBegun) return bounced(message);
  if (command === 'MAIL FROM') return { outcome: 'failed', text };
  return { outcome: 'deferred', text };
}

function bounced(message: string): SendResult {
  return { outcome: 'bounced', status: statusOf({ text: message }), text: redactReply(message) };
}
