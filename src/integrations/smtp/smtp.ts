import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { SendMailOptions, Transporter } from 'nodemailer';
import type { Dial } from '../../net/dial.ts';
import { plainHost } from '../../net/egress-guard.ts';
import { redactReply, type MailOutcome, type MailTransport } from '../../mail/mail-transport.ts';
import type { Integration } from '../integration.ts';

export interface SmtpOptions {
  smtpUrl: string;
  /** Opens the connections; with the operator's guard, since the operator chooses the mail server. */
  dial: Dial;
  /** How long a mail server may take to answer the connection; default: 15 s. */
  connectTimeoutMs?: number;
  /** How long it may take to answer the content; default: ten minutes (RFC 5321, section 4.5.3.2.6). */
  contentTimeoutMs?: number;
}

export const smtp: Integration = {
  name: 'smtp',
  label: 'SMTP',
  docs: 'docs/configuration.md#mail',
  mailTransport: { schemes: ['smtp:', 'smtps:'], make: (smtpUrl, dial) => makeSmtp({ smtpUrl, dial }) },
};

/** The content that an attempt sends, once `beforeContent` has let it. */
type Attempt = SendMailOptions & { content?: () => Readable };

/** Mail by SMTP. The password in the URL stays in here. */
export function makeSmtp({
  smtpUrl,
  dial,
  connectTimeoutMs = 15_000,
  contentTimeoutMs = 600_000,
}: SmtpOptions): MailTransport {
  let opened: Promise<Transporter> | undefined;
  const openTransport = async (): Promise<Transporter> => {
    // Loaded with the first mail: many installations send none.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      url: smtpUrl,
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: contentTimeoutMs,
      getSocket: (server, done) =>
        void openSocket(dial, server, connectTimeoutMs).then(
          (connection) => done(null, { connection }),
          (error: Error) => done(error, false),
        ),
    });
    // A stream of our own: it is read after the server has agreed to the content, not before.
    transport.use('stream', (mail, done) => {
      const { content } = mail.data as Attempt;
      if (content) mail.message.createReadStream = content;
      done();
    });
    return transport;
  };

  return {
    async send({ envelope, raw }, beforeContent, signal) {
      const transport = await (opened ??= openTransport());
      let hasBegun = false;
      async function* content() {
        await beforeContent();
        // Aborted from here on, the mail would be unknown.
        hasBegun = true;
        signal.removeEventListener('abort', abort);
        yield raw;
      }
      const aborting = new AbortController();
      const abort = () => aborting.abort();
      if (signal.aborted) return { outcome: 'deferred', error: 'aborted' };
      signal.addEventListener('abort', abort, { once: true });
      const attempt: Attempt = {
        envelope,
        raw,
        signal: aborting.signal,
        content: () => Readable.from(content()),
      };
      try {
        await transport.sendMail(attempt);
        return { outcome: 'accepted' };
      } catch (error) {
        return outcomeOf(error as SmtpError, hasBegun);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },

    close: () => void opened?.then((transport) => transport.close()),
  };
}

interface SmtpServer {
  host?: string | undefined;
  port?: number | string | undefined;
  secure?: boolean | undefined;
}

/** Connects to the URL's server, with nodemailer's own defaults; nodemailer adds TLS. */
function openSocket(dial: Dial, server: SmtpServer, timeoutMs: number): Promise<Socket> {
  const host = plainHost(server.host || 'localhost');
  const port = Number(server.port) || (server.secure ? 465 : 587);
  return dial(
    { origin: `smtp://${host}:${port}`, secure: false, host, port },
    { signal: AbortSignal.timeout(timeoutMs), budgetMs: timeoutMs, step: '' },
  );
}

interface SmtpError extends Error {
  code?: string;
  /** The command that the server refused, such as `RCPT TO`. */
  command?: string;
  responseCode?: number;
}

/** Refused for the installation's settings, not for the mail: sign-in needed or wrong, encryption needed. */
const SETTINGS_CODES = new Set([530, 534, 535, 538]);

function outcomeOf(failure: SmtpError, hasBegun: boolean): MailOutcome {
  const { code = '', command = '', responseCode } = failure;
  const error = redactReply(`${code} ${command} ${failure.message}`.trim());
  if (responseCode === undefined) return { outcome: hasBegun ? 'unknown' : 'deferred', error };
  const isAboutMail = command === 'RCPT TO' || command === 'DATA' || responseCode === 552;
  const isPermanent = responseCode >= 500 && isAboutMail && !SETTINGS_CODES.has(responseCode);
  return { outcome: isPermanent ? 'refused' : 'deferred', error };
}
