import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Email, Mailbox } from 'postal-mime';
import { sha256 } from '../../base/hmac.ts';
import { normalizedMail } from './mail-normalization.ts';
import type { MailAddress, MailProblem, ParsedAttachment, ParsedEmail } from './parsed-email.ts';

/** How much of a mail is read. */
export interface MailLimits {
  /** Parts between boundaries. */
  parts: number;
  /** How deep parts may be in parts. */
  depth: number;
  /** Of the mail's own header. */
  headerBytes: number;
  /** Of the header of each part. */
  partHeaderBytes: number;
}

export interface MailJob {
  raw: Uint8Array;
  limits: MailLimits;
}

export interface MailResult {
  email: Email | null;
  problem: MailProblem | null;
}

export interface MailParser {
  /**
   * Parses a mail in a thread of its own. Never throws for what a mail contains: of one beyond the limits, the header
   * is returned, with a `problem`.
   */
  parse(raw: Uint8Array): Promise<ParsedEmail>;
  close(): Promise<void>;
}

/** In bytes. Larger mails are not accepted. */
export const MAX_MAIL_BYTES = 25 * 1024 * 1024;

const LIMITS: MailLimits = { parts: 100, depth: 20, headerBytes: 64 * 1024, partHeaderBytes: 4 * 1024 };
const MAX_PARSE_MS = 10_000;
const IDLE_MS = 10_000;
/** Parsing needs several copies of a mail of the largest size. A thread that needs more ends alone. */
const MEMORY = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 32 };

/** One thread, which ends after a time without work, and is replaced if a mail takes too long. */
export function makeMailParser(maxMs = MAX_PARSE_MS): MailParser {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function start(): Worker {
    const started = new Worker(new URL('./mail-worker.js', import.meta.url), {
      resourceLimits: MEMORY,
      // Not the program's own flags: some are not allowed for threads.
      execArgv: [],
    });
    // What a thread without a job throws must not end the program.
    started.on('error', () => undefined);
    return started;
  }

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  }

  async function run(raw: Uint8Array): Promise<MailResult> {
    clearTimeout(idle);
    worker ??= start();
    const current = worker;
    current.ref();
    const result = await answerOf(current, raw, maxMs);
    if (result === null) {
      await end();
      return { email: null, problem: 'unreadable' };
    }
    current.unref();
    idle = setTimeout(() => void end(), IDLE_MS).unref();
    return result;
  }

  return {
    async parse(raw) {
      const result = last.then(() => run(raw));
      last = result.catch(() => undefined);
      return storable(raw, await result);
    },
    async close() {
      await last;
      await end();
    },
  };
}

/** @returns null if the thread took too long or ended */
async function answerOf(worker: Worker, raw: Uint8Array, maxMs: number): Promise<MailResult | null> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const answered = Promise.race([
    once(worker, 'message', { signal }).then(([result]) => result as MailResult),
    once(worker, 'exit', { signal }).then(() => null),
    delay(maxMs, null, { signal }),
  ]);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage({ raw, limits: LIMITS } satisfies MailJob);
  // An error ends the thread.
  const result = await answered.catch(() => null);
  stopped.abort();
  return result;
}

function storable(raw: Uint8Array, { email, problem }: MailResult): ParsedEmail {
  const mail = normalizedMail({
    headers: (email?.headers ?? []).map(({ key, value }) => ({ name: key, value })),
    from: mailboxes(email?.from ? [email.from] : [])[0] ?? null,
    replyTo: mailboxes(email?.replyTo),
    to: mailboxes(email?.to),
    cc: mailboxes(email?.cc),
    bcc: mailboxes(email?.bcc),
    subject: email?.subject ?? null,
    date: email?.date ?? null,
    text: email?.text ?? null,
    html: email?.html ?? null,
    attachments: (email?.attachments ?? []).map(attachmentOf),
    fallbackId: `${sha256(bufferOf(raw)).toString('hex')}@no-message-id`,
  });
  return problem === null ? mail : { ...mail, problem };
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The members of groups too. */
function mailboxes(list: Email['to']): MailAddress[] {
  const flat = (list ?? []).flatMap((item): Mailbox[] => (item.group ? item.group : [item]));
  return flat.map(({ name, address }) => ({ name: name ?? '', address: address ?? '' }));
}

function attachmentOf(item: Email['attachments'][number]): ParsedAttachment {
  const { filename, mimeType, disposition, related, contentId, content } = item;
  return {
    name: filename ?? '',
    contentType: mimeType,
    contentId: contentId ?? null,
    isInline: related === true || disposition === 'inline',
    bytes: typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content),
  };
}
