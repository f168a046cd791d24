import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { SendMailOptions, Transporter } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport';
import { redactReply, type MailOutcome, type MailTransport } from '../../mail/mail-transport.ts';
import type { Dial } from '../../net/dial.ts';
import { plainHost } from '../../net/egress-guard.ts';

/** A mail server and how it is used. */
export type SmtpServer =
  | { smtpUrl: string }
  | {
      host: string;
      port: number;
      /** `starttls`: refused where the server does not offer it. */
      tls: 'none' | 'starttls' | 'tls';
      auth: { user: string; pass: string } | null;
    };

export interface SmtpTimeouts {
  /** How long a mail server may take to answer the connection; default: 15 s. */
  connectTimeoutMs?: number;
  /** How long it may take to answer the content; default: ten minutes (RFC 5321, section 4.5.3.2.6). */
  contentTimeoutMs?: number;
}

/** Connections that stay open for further mails. */
export interface SmtpPool {
  maxConnections: number;
  /** A connection without a mail for so long is closed. */
  idleMs: number;
}

/** What a mail server answered, or what happened to the connection. */
export interface SmtpFailure {
  /** 0 without an answer. */
  responseCode: number;
  /** The command that was refused, such as `RCPT TO`; '' without an answer. */
  command: string;
  /** Nodemailer's name of it, such as `EAUTH`. */
  code: string;
  message: string;
  /** Whether the content had begun. */
  hasBegun: boolean;
}

/** The addresses that were refused, with the answers, if others were accepted. */
export interface SmtpAcceptance {
  refused: { address: string; message: string }[];
}

export type SmtpResult = { accepted: SmtpAcceptance } | { failure: SmtpFailure };

export interface SmtpClient {
  /** One attempt; see `MailTransport.send`. */
  send(
    mail: { envelope: { from: string; to: string | string[] }; raw: Buffer },
    beforeContent: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<SmtpResult>;
  /** Connects and signs in, without sending. Throws what nodemailer throws. */
  verify(): Promise<void>;
  close(): void;
}

/** The content that an attempt sends, once `beforeContent` has let it. */
type Attempt = SendMailOptions & { content?: () => Readable };

/** A client of one mail server. Passwords stay in here. @param options.pool null: a connection for each mail */
export function makeSmtpClient(
  server: SmtpServer,
  dial: Dial,
  options: SmtpTimeouts & { pool?: SmtpPool | null } = {},
): SmtpClient {
  const { connectTimeoutMs = 15_000, contentTimeoutMs = 600_000, pool = null } = options;
  let opened: Promise<Transporter<SMTPTransport.SentMessageInfo>> | undefined;
  const open = async () => {
    // Loaded with the first mail: many installations send none.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      ...connectionOptions(server),
      ...(pool && { pool: true, maxConnections: pool.maxConnections, idleTimeout: pool.idleMs }),
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: contentTimeoutMs,
      getSocket: (target: SmtpTarget, done: (error: Error | null, socket: never) => void) =>
        void openSocket(dial, target, connectTimeoutMs).then(
          (connection) => done(null, { connection } as never),
          (error: Error) => done(error, false as never),
        ),
    } as SMTPTransport.Options);
    // A stream of our own: it is read after the server has agreed to the content, not before.
    transport.use('stream', (mail, done) => {
      const { content } = mail.data as Attempt;
      if (content) mail.message.createReadStream = content;
      done();
    });
    return transport;
  };
  const transport = () => (opened ??= open());

  return {
    async send({ envelope, raw }, beforeContent, signal) {
      const opening = await transport();
      let hasBegun = false;
      async function* content() {
        // A pool tries again over another connection where one was closed. Never what may have arrived.
        if (hasBegun) throw new Error('The connection was lost.');
        await beforeContent();
        // Aborted from here on, the mail would be unknown.
        hasBegun = true;
        signal.removeEventListener('abort', abort);
        yield raw;
      }
      const aborting = new AbortController();
      const abort = () => aborting.abort();
      if (signal.aborted) return failed({ message: 'aborted' } as NodemailerError, false);
      signal.addEventListener('abort', abort, { once: true });
      const attempt: Attempt = {
        envelope,
        raw,
        signal: aborting.signal,
        content: () => Readable.from(content()),
      };
      try {
        const info = await opening.sendMail(attempt);
        return { accepted: { refused: refusedOf(info) } };
      } catch (error) {
        return failed(error as NodemailerError, hasBegun);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },

    async verify() {
      await (await transport()).verify();
    },

    close: () => void opened?.then((closing) => closing.close()),
  };
}

/** Mail of the installation by SMTP. */
export function makeSmtp({
  smtpUrl,
  dial,
  ...timeouts
}: { smtpUrl: string; dial: Dial } & SmtpTimeouts): MailTransport {
  const client = makeSmtpClient({ smtpUrl }, dial, timeouts);
  return {
    async send(mail, beforeContent, signal) {
      const result = await client.send(mail, beforeContent, signal);
      return 'failure' in result ? outcomeOf(result.failure) : { outcome: 'accepted' };
    },
    close: client.close,
  };
}

function connectionOptions(server: SmtpServer): SMTPTransport.Options {
  if ('smtpUrl' in server) return { url: server.smtpUrl };
  const { host, port, tls, auth } = server;
  return {
    host,
    port,
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(auth && { auth }),
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
    tls: { rejectUnauthorized: true },
  };
}

function refusedOf(info: SMTPTransport.SentMessageInfo): SmtpAcceptance['refused'] {
  const errors = (info.rejectedErrors ?? []) as (Error & { recipient?: string })[];
  return errors.map(({ recipient, message }) => ({ address: recipient ?? '', message }));
}

interface SmtpTarget {
  host?: string | undefined;
  port?: number | string | undefined;
  secure?: boolean | undefined;
}

/** Connects with nodemailer's own defaults; nodemailer adds TLS. */
function openSocket(dial: Dial, target: SmtpTarget, timeoutMs: number): Promise<Socket> {
  const host = plainHost(target.host || 'localhost');
  const port = Number(target.port) || (target.secure ? 465 : 587);
  return dial(
    { origin: `smtp://${host}:${port}`, secure: false, host, port },
    { signal: AbortSignal.timeout(timeoutMs), budgetMs: timeoutMs, step: '' },
  );
}

interface NodemailerError extends Error {
  code?: string;
  command?: string;
  responseCode?: number;
}

function failed(error: NodemailerError, hasBegun: boolean): SmtpResult {
  const { code = '', command = '', responseCode = 0, message } = error;
  return { failure: { responseCode, command, code, message, hasBegun } };
}

/** Refused for the settings, not for the mail: sign-in needed or wrong, encryption needed. */
export const SETTINGS_CODES = new Set([530, 534, 535, 538]);

/** A failure as one line, without addresses, links and tokens. */
export function failureText({ code, command, message }: SmtpFailure): string {
  return redactReply(`${code} ${command} ${message}`.trim());
}

function outcomeOf(failure: SmtpFailure): MailOutcome {
  const { command, responseCode, hasBegun } = failure;
  const error = failureText(failure);
  if (responseCode === 0) return { outcome: hasBegun ? 'unknown' : 'deferred', error };
  const isAboutMail = command === 'RCPT TO' || command === 'DATA' || responseCode === 552;
  const isPermanent = responseCode >= 500 && isAboutMail && !SETTINGS_CODES.has(responseCode);
  return { outcome: isPermanent ? 'refused' : 'deferred', error };
}
