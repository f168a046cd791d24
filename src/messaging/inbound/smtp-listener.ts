import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { SMTPServer, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { Clock } from '../../base/clock.ts';
import { StartError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { MailAddresses, MailTarget } from './mail-address.ts';
import { MAX_MAIL_BYTES } from './mail-parser.ts';
import type { InboundEmails } from './received-email.ts';
import { makeSenderLimits, type SenderLimits } from './sender-limits.ts';

export interface SmtpListenerParts {
  listen: { host: string; port: number; certFile: string; keyFile: string };
  mailAddresses: MailAddresses;
  inboundEmails: InboundEmails;
  log: Logger;
  clock: Clock;
  limits?: SenderLimits;
}

/** Receives mail for the addresses of this installation by SMTP (FAIRLEAD_SMTP_LISTEN). */
export interface SmtpListener {
  /** @returns where it listens. Throws `StartError`. */
  start(): Promise<{ address: string; port: number }>;
  /** Mails under way are finished, within ten seconds. */
  stop(): Promise<void>;
}

const LIMITS: SenderLimits = { connections: 10, mailsPerMinute: 120, refusalsPerMinute: 20 };
const MAX_CLIENTS = 100;
const MAX_RECIPIENTS = 50;
/** Of all mails that are being received; beyond it, senders try again later. */
const MAX_BUFFERED_BYTES = 6 * MAX_MAIL_BYTES;
const SOCKET_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 10_000;

/** A session with what its recipients are. */
type Session = SMTPServerSession & { targets?: Map<string, MailTarget> };

export function makeSmtpListener(parts: SmtpListenerParts): SmtpListener {
  const { listen, mailAddresses, log, clock } = parts;
  const limits = makeSenderLimits(parts.limits ?? LIMITS, clock);
  let server: SMTPServer | undefined;
  const contentOf = makeContentReader();

  async function targetOf(address: string, session: Session): Promise<Error | null> {
    const target = await mailAddresses.read(address);
    if (target) {
      (session.targets ??= new Map()).set(address, target);
      return session.targets.size > MAX_RECIPIENTS ? refusal(452, '4.5.3 Too many recipients') : null;
    }
    return limits.refusal(session.remoteAddress)
      ? refusal(550, '5.1.1 There is no such address here')
      : refusal(421, '4.7.0 Too many unknown recipients');
  }

  async function optionsOf(): Promise<SMTPServerOptions> {
    const { certFile, keyFile } = listen;
    const tls = certFile === '' ? {} : { cert: await readPem(certFile), key: await readPem(keyFile) };
    return {
      ...tls,
      name: mailAddresses.domain ?? 'localhost',
      banner: 'Fairlead',
      authOptional: true,
      disabledCommands: certFile === '' ? ['AUTH', 'STARTTLS'] : ['AUTH'],
      disableReverseLookup: true,
      size: MAX_MAIL_BYTES,
      maxClients: MAX_CLIENTS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      logger: false,
      onConnect({ remoteAddress }, done) {
        done(limits.connect(remoteAddress) ? null : refusal(421, '4.7.0 Too many connections'));
      },
      onClose({ remoteAddress }) {
        limits.disconnect(remoteAddress);
      },
      onMailFrom(_address, session: Session, done) {
        delete session.targets;
        done(
          limits.mail(session.remoteAddress) ? null : refusal(451, '4.7.0 Too many mails; try again later'),
        );
      },
      onRcptTo({ address }, session, done) {
        targetOf(address, session).then(done, (error: unknown) => {
          log.error({ err: error }, 'a recipient could not be looked up');
          done(refusal(451, '4.3.0 Try again later'));
        });
      },
      onData(stream, session, done) {
        contentOf(stream)
          .then((content) => (content instanceof Error ? content : takeMail(parts, content, session)))
          .then(
            (problem) => done(problem, 'Stored'),
            () => done(refusal(451, '4.3.0 Try again later')),
          );
      },
    };
  }

  return {
    async start() {
      const options = await optionsOf();
      // Loaded here: most installations receive no mail.
      const { SMTPServer: Server } = await import('smtp-server');
      const made = new Server(options);
      server = made;
      await new Promise<void>((resolve, reject) => {
        made.once('error', (error: NodeJS.ErrnoException) => reject(listenError(listen, error)));
        made.listen(listen.port, listen.host, resolve);
      });
      made.removeAllListeners('error');
      // Such as a connection that breaks off: it concerns that sender alone.
      made.on('error', (error) => log.debug({ err: error.message }, 'a connection of a mail server failed'));
      const { address, port } = made.server.address() as AddressInfo;
      return { address, port };
    },

    async stop() {
      const stopping = server;
      server = undefined;
      if (stopping) await new Promise<void>((resolve) => stopping.close(() => resolve()));
    },
  };
}

/** Reads contents; what does not fit is read and dropped, since a sender does not stop. */
function makeContentReader() {
  let buffered = 0;

  function release(chunks: Buffer[]): void {
    for (const chunk of chunks.splice(0)) buffered -= chunk.length;
  }

  return async function contentOf(stream: AsyncIterable<Buffer>): Promise<Buffer | Error> {
    const chunks: Buffer[] = [];
    let size = 0;
    let problem: Error | null = null;
    try {
      for await (const chunk of stream) {
        size += chunk.length;
        if (problem) continue;
        if (size > MAX_MAIL_BYTES) problem = refusal(552, '5.3.4 The mail is larger than 25 MB');
        else if (buffered + chunk.length > MAX_BUFFERED_BYTES)
          problem = refusal(452, '4.3.1 Try again later');
        if (problem) {
          release(chunks);
          continue;
        }
        buffered += chunk.length;
        chunks.push(chunk);
      }
      return problem ?? Buffer.concat(chunks);
    } finally {
      release(chunks);
    }
  };
}

/** Stores a mail in each workspace that it was sent to. @returns the answer to the sender; null if it is stored */
async function takeMail(
  { inboundEmails, log }: Pick<SmtpListenerParts, 'inboundEmails' | 'log'>,
  raw: Buffer,
  session: Session,
): Promise<Error | null> {
  const byWorkspace = new Map<Uuid, string[]>();
  const recipients = session.envelope.rcptTo.map(({ address }) => address);
  for (const address of recipients) {
    const target = session.targets?.get(address);
    if (!target) continue;
    const others = byWorkspace.get(target.workspaceId) ?? [];
    byWorkspace.set(target.workspaceId, [...others, address]);
  }
  const { mailFrom } = session.envelope;
  const from = mailFrom === false ? '' : mailFrom.address;
  for (const [workspaceId, to] of byWorkspace) {
    try {
      const taken = await inboundEmails.take({
        workspaceId,
        connectionId: null,
        content: { raw },
        envelope: { from, to },
        origin: 'delivery',
      });
      log.debug({ workspaceId, ...taken }, 'a mail was received');
    } catch (error) {
      log.error({ err: error, workspaceId }, 'a received mail could not be stored');
      // The sender tries again; a workspace that has it already stores it once.
      return refusal(451, '4.3.0 The mail could not be stored; try again later');
    }
  }
  return null;
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartError(
      `FAIRLEAD_SMTP_TLS_CERT or _KEY: ${file} cannot be read: ${(error as Error).message}`,
    );
  }
}

function listenError(
  { host, port }: { host: string; port: number },
  { code, message }: NodeJS.ErrnoException,
) {
  const why =
    code === 'EADDRINUSE'
      ? 'the port is in use'
      : code === 'EACCES'
        ? 'it requires more permissions'
        : message;
  return new StartError(`Cannot receive mail on ${host}:${port}: ${why}. Set FAIRLEAD_SMTP_LISTEN.`);
}
