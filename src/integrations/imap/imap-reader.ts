import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { FetchMessageObject, ImapFlow, ImapFlowOptions } from 'imapflow';
import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import {
  MailboxError,
  type MailboxMessage,
  type MailboxReader,
  type OpenMailbox,
} from '../../messaging/inbound/mailbox-reader.ts';
import type { OutgoingDials } from '../../net/dial.ts';

const CONNECT_MS = 20_000;
const SOCKET_MS = 60_000;
/** Of a connection that is watched: longer than an IDLE lasts, which ends and begins again by itself. */
const WATCH_SOCKET_MS = 5 * 60_000;
/** A connection that broke off unnoticed is found by the next one. */
const MAX_IDLE_MS = 4 * 60_000;
const MEGABYTE = 1024 * 1024;
const MAX_FOLDERS = 50;
/** Gmail's folder of all mails has those of the others. */
const SKIPPED = new Set(['\\Drafts', '\\Junk', '\\Trash', '\\Flagged', '\\Important']);

type Tools = { dials: OutgoingDials; signal: AbortSignal };

/** Reads mailboxes by IMAP. */
export const imapReader: MailboxReader = { kind: 'imap', open: openMailbox, watch: watchInbox };

/** Signs in, and looks at the inbox. */
export async function testImap(values: ConnectionValues, dials: OutgoingDials): Promise<TestResult> {
  try {
    const opened = await openMailbox(values, { dials, signal: AbortSignal.timeout(CONNECT_MS) });
    try {
      const folders = await opened.folders();
      return { ok: true, message: `Signed in. ${folders.length} folders are read.` };
    } finally {
      await opened.close();
    }
  } catch (error) {
    return {
      ok: false,
      message: error instanceof MailboxError ? error.message : 'The mailbox could not be read.',
    };
  }
}

async function openMailbox(values: ConnectionValues, tools: Tools): Promise<OpenMailbox> {
  const { client, released } = await connect(values, tools, {
    disableAutoIdle: true,
    socketTimeout: SOCKET_MS,
  });
  return mailboxOf(client, released);
}

/** By IDLE (RFC 2177); servers without it are asked every two minutes (NOOP). */
async function watchInbox(
  values: ConnectionValues,
  { onMail, ...tools }: Tools & { onMail(): void },
): Promise<void> {
  const { client, released } = await connect(values, tools, {
    socketTimeout: WATCH_SOCKET_MS,
    maxIdleTime: MAX_IDLE_MS,
  });
  try {
    const ended = new Promise<void>((resolve) => client.once('close', resolve));
    client.on('exists', ({ count, prevCount }) => {
      if (count > prevCount) onMail();
    });
    await client.mailboxOpen('INBOX', { readOnly: true });
    // What arrived since the last read.
    onMail();
    // It goes on by itself, after each command too.
    void client.idle().catch(() => client.close());
    await ended;
  } catch (error) {
    throw explained(error);
  } finally {
    released();
    client.close();
  }
}

/** A client that is signed in. @returns also what to call once it is not needed any more */
async function connect(
  values: ConnectionValues,
  { dials, signal }: Tools,
  options: Partial<ImapFlowOptions>,
): Promise<{ client: ImapFlow; released: () => void }> {
  const socket = await openSocket(values, { dials, signal });
  const { host, tls } = serverOf(values);
  // Loaded with the first mailbox: many installations have none.
  const { ImapFlow: Client } = await import('imapflow');
  const client = new Client({
    host,
    secure: tls === 'tls',
    doSTARTTLS: tls === 'starttls',
    auth: { user: values.secrets['username'] ?? '', pass: values.secrets['password'] ?? '' },
    transport: transportOf(socket, host),
    logger: false,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    maxLiteralSize: 32 * MEGABYTE,
    maxLineLength: 8 * MEGABYTE,
    maxResponseSize: 48 * MEGABYTE,
    ...options,
  });
  // An error that no command waits for, as of a connection that breaks off: the next command throws.
  client.on('error', () => undefined);
  const end = () => client.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    await client.connect();
  } catch (error) {
    client.close();
    socket.destroy();
    throw explained(error);
  }
  return { client, released: () => signal.removeEventListener('abort', end) };
}

function serverOf({ settings }: ConnectionValues) {
  return {
    host: settings['host'] as string,
    port: Number(settings['port'] ?? 993),
    tls: (settings['tls'] as string | undefined) ?? 'tls',
  };
}

async function openSocket(values: ConnectionValues, { dials, signal }: Tools): Promise<Socket> {
  const { host, port, tls } = serverOf(values);
  const target = { origin: `imap://${host}:${port}`, secure: tls === 'tls', host, port };
  // Without encryption, only to servers of the operator's own network.
  const dial = tls === 'none' ? dials.plainDial : dials.dial;
  const dialling = {
    signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]),
    budgetMs: CONNECT_MS,
    step: '',
  };
  try {
    return await dial(target, dialling);
  } catch (error) {
    throw new MailboxError(`The server cannot be reached: ${(error as Error).message}`.slice(0, 300));
  }
}

/** The connection that was dialled, guarded, in place of one that the client would open. */
function transportOf(socket: Socket, host: string): NonNullable<ImapFlowOptions['transport']> {
  return {
    connect(_options, onConnect) {
      setImmediate(onConnect);
      return socket;
    },
    upgrade: (plain, _options, onSecure) =>
      connectTls({ socket: plain, servername: host, rejectUnauthorized: true }, onSecure),
  };
}

function mailboxOf(client: ImapFlow, released: () => void): OpenMailbox {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explained(error);
    }
  };
  return {
    folders: () =>
      guarded(async () => {
        const all = (await client.list()).filter(
          ({ flags }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent'),
        );
        const gmail = all.find(({ specialUse }) => specialUse === '\\All');
        const read = gmail ? [gmail] : all.filter(({ specialUse }) => !SKIPPED.has(specialUse ?? ''));
        return read.map(({ path }) => path).slice(0, MAX_FOLDERS);
      }),

    open: (folder) =>
      guarded(async () => {
        const { uidValidity, uidNext } = await client.mailboxOpen(folder, { readOnly: true });
        return { uidValidity: Number(uidValidity), uidNext };
      }),

    uids: ({ from, to, sinceMs }) =>
      guarded(async () => {
        if (to < from) return [];
        const since = sinceMs === undefined ? {} : { since: new Date(sinceMs) };
        const found = await client.search({ uid: `${from}:${to}`, ...since }, { uid: true });
        // `5:3` means the same as `3:5`, so a server may answer more.
        return (Array.isArray(found) ? found : [])
          .filter((uid) => uid >= from && uid <= to)
          .toSorted((a, b) => a - b);
      }),

    messages: (uids) =>
      guarded(async () => {
        const found: MailboxMessage[] = [];
        const wanted = { uid: true, size: true, internalDate: true, envelope: true, flags: true };
        for await (const message of client.fetch(uids.join(','), wanted, { uid: true }))
          found.push(messageOf(message));
        return found;
      }),

    content: (uid, maxBytes) =>
      guarded(async () => {
        const found = await client.fetchOne(
          String(uid),
          { source: { start: 0, maxLength: maxBytes } },
          { uid: true },
        );
        return found && found.source ? Buffer.from(found.source) : null;
      }),

    async close() {
      released();
      await client.logout().catch(() => undefined);
      client.close();
    },
  };
}

function messageOf({ uid, size = 0, internalDate, envelope, flags }: FetchMessageObject): MailboxMessage {
  const addresses = (list: readonly { address?: string | undefined }[] | undefined) =>
    (list ?? []).flatMap(({ address }) => address ?? []);
  return {
    uid,
    size,
    at: internalDate === undefined ? 0 : new Date(internalDate).getTime(),
    from: addresses([...(envelope?.from ?? []), ...(envelope?.replyTo ?? [])]),
    to: addresses([...(envelope?.to ?? []), ...(envelope?.cc ?? []), ...(envelope?.bcc ?? [])]),
    isDraft: flags?.has('\\Draft') === true,
  };
}

/** Never what the server says word for word: it may repeat the user name. */
function explained(error: unknown): MailboxError {
  if (error instanceof MailboxError) return error;
  const { authenticationFailed, code, serverResponseCode } = error as {
    authenticationFailed?: boolean;
    code?: string;
    serverResponseCode?: string;
  };
  if (authenticationFailed === true || serverResponseCode === 'AUTHENTICATIONFAILED')
    return new MailboxError(
      'The server refuses the user name or the password. Many services need an app password.',
    );
  const detail = /^[A-Za-z_]{1,40}$/.test(code ?? '') ? ` (${code})` : '';
  return new MailboxError(`The connection to the mailbox failed${detail}.`);
}
