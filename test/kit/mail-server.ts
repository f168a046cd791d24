import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail that the server accepted. */
export interface ReceivedMail {
  from: string;
  to: string;
  /** As it came, with CRLF line ends. */
  raw: string;
  /** Without the soft line breaks of quoted-printable, which split links. */
  text: string;
}

type Answer = Error | null;

/** A real SMTP server that accepts everything, unless a test says otherwise. */
export interface MailServer {
  readonly url: string;
  /** What was accepted, in order. */
  readonly inbox: ReceivedMail[];
  /** How many recipients were named, refused ones included. */
  readonly recipients: number;
  /** How many connections were made. */
  readonly connections: number;
  /** What it answers to a recipient from now on; it is not answered until the promise resolves. */
  onRecipient(answer: (address: string) => Answer | Promise<Answer>): void;
  /** What it answers to the content; a mail is in the inbox before this is called, unless it is refused. */
  onContent(answer: (mail: ReceivedMail) => Answer | Promise<Answer>): void;
  /** Breaks all connections, as a server that dies. */
  dropAll(): void;
  close(): Promise<void>;
}

/** The reply of a server that refuses. */
export function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

const accept = () => null;

/** @param options.tls offers STARTTLS, with a certificate that nobody trusts */
export async function startMailServer({ auth = false, tls = false } = {}): Promise<MailServer> {
  const inbox: ReceivedMail[] = [];
  let recipients = 0;
  let connections = 0;
  let answerRecipient: (address: string) => Answer | Promise<Answer> = accept;
  let answerContent: (mail: ReceivedMail) => Answer | Promise<Answer> = accept;
  const server = new SMTPServer({
    authOptional: !auth,
    allowInsecureAuth: true,
    onAuth: (_login, _session, done) => done(new Error('wrong password')),
    disabledCommands: tls ? [] : ['STARTTLS'],
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onRcptTo({ address }, _session, done) {
      recipients += 1;
      void Promise.resolve(answerRecipient(address)).then(done);
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        const { mailFrom, rcptTo } = envelope;
        const mail = {
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo[0]!.address,
          raw,
          text: raw.replaceAll('=\r\n', '').replaceAll('=3D', '='),
        };
        inbox.push(mail);
        void Promise.resolve(answerContent(mail)).then((error) => {
          if (error) inbox.splice(inbox.indexOf(mail), 1);
          done(error);
        });
      });
    },
  });
  server.on('error', () => undefined);
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    inbox,
    get connections() {
      return connections;
    },
    get recipients() {
      return recipients;
    },
    onRecipient(answer) {
      answerRecipient = answer;
    },
    onContent(answer) {
      answerContent = answer;
    },
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
