import { randomUUID } from 'node:crypto';
import type { Uuid } from '../../base/id.ts';
import type { Follower } from '../../record/module.ts';
import type { MailboxReader } from './mailbox-reader.ts';
import { readWatchedMailbox, type MailboxSyncParts } from './mailbox-sync.ts';
import { makeMailboxWatchStore, type MailboxWatchStore, type WatchedMailbox } from './mailbox-watch-store.ts';

export interface MailboxWatcherParts extends MailboxSyncParts {
  random: () => number;
}

/** How often leases are extended, and free mailboxes are taken. */
const PASS_MS = 5_000;
/** Connections that one process keeps open. */
const MAX_WATCHED = 200;
/** Between two reads of a mailbox: mails that arrive together are read together. */
const READ_PAUSE_MS = 2_000;
/** After a connection that ended: 10, 20, 40 s, … and at most 30 minutes. */
const FIRST_PAUSE_MS = 10_000;
const MAX_DOUBLINGS = 8;
const MAX_PAUSE_MS = 30 * 60_000;
/** After a connection that lasted this long, the pauses start at the first one. */
const STABLE_MS = 10 * 60_000;

interface Watch {
  mailbox: WatchedMailbox;
  stopping: AbortController;
  ended: Promise<void>;
}

interface Pause {
  failures: number;
  untilMs: number;
}

/**
 * Watches mailboxes, by connections that report new mails, so that a mail appears within seconds. One process watches a
 * mailbox, by a lease. Each is still read once a minute (mailbox-sync.ts): mails that no server reports, mailboxes that are
 * not watched.
 */
export function makeMailboxWatcher(parts: MailboxWatcherParts): Follower {
  const readers = new Map(
    parts.mailboxReaders.flatMap((reader) => (reader.watch ? [[reader.kind, reader] as const] : [])),
  );
  if (readers.size === 0) return { start: () => undefined, stop: () => Promise.resolve() };
  return new MailboxWatcher(parts, readers);
}

class MailboxWatcher implements Follower {
  readonly #parts: MailboxWatcherParts;
  readonly #readers: ReadonlyMap<string, MailboxReader>;
  readonly #store: MailboxWatchStore;
  readonly #id = randomUUID();
  readonly #watches = new Map<Uuid, Watch>();
  readonly #pauses = new Map<Uuid, Pause>();
  #timer: NodeJS.Timeout | undefined;
  #passing: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: MailboxWatcherParts, readers: ReadonlyMap<string, MailboxReader>) {
    this.#parts = parts;
    this.#readers = readers;
    this.#store = makeMailboxWatchStore(parts.db);
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#passing;
    const watches = [...this.#watches.values()];
    for (const { stopping } of watches) stopping.abort();
    await Promise.all(watches.map(({ ended }) => ended));
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#passing = this.#pass()
        .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'mailboxes could not be watched'))
        .finally(() => this.#schedule());
    }, PASS_MS);
    this.#timer.unref();
  }

  async #pass(): Promise<void> {
    const now = this.#parts.clock.monotonic();
    const ids = [...this.#watches.keys()];
    const extended = ids.length === 0 ? [] : await this.#store.extend(this.#id, ids);
    const kept = new Map(extended.map((item) => [item.connection_id, item]));
    for (const [id, { mailbox, stopping }] of this.#watches)
      if (kept.get(id)?.updated_at !== mailbox.updated_at) stopping.abort();
    for (const [id, { untilMs }] of this.#pauses) if (untilMs + MAX_PAUSE_MS < now) this.#pauses.delete(id);
    const waiting = [...this.#pauses].flatMap(([id, { untilMs }]) => (untilMs > now ? [id] : []));
    const room = MAX_WATCHED - this.#watches.size;
    if (room <= 0 || this.#isStopped) return;
    const except = [...waiting, ...this.#watches.keys()];
    for (const mailbox of await this.#store.claim(this.#id, [...this.#readers.keys()], room, except))
      this.#begin(mailbox);
  }

  #begin(mailbox: WatchedMailbox): void {
    const { connection_id: id } = mailbox;
    const stopping = new AbortController();
    const began = this.#parts.clock.monotonic();
    const ended = this.#watch(mailbox, stopping.signal)
      .catch((error: unknown) =>
        this.#parts.log.info(
          { connectionId: id, failure: (error as Error).message },
          'a mailbox is not watched: it is read once a minute',
        ),
      )
      .then(async () => {
        this.#watches.delete(id);
        this.#pause(id, this.#parts.clock.monotonic() - began, stopping.signal.aborted);
        await this.#store.release(this.#id, [id]);
      })
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'a mailbox was not released'));
    this.#watches.set(id, { mailbox, stopping, ended });
  }

  /** Ends with the connection. */
  async #watch(mailbox: WatchedMailbox, signal: AbortSignal): Promise<void> {
    const { connections, dials } = this.#parts;
    const { settings, secrets } = await connections.open(mailbox.workspace_id, mailbox.connection_id);
    const reading = new MailboxReading(this.#parts, mailbox, signal);
    const values = { settings, secrets: secrets[0]! };
    try {
      const onMail = () => reading.request();
      await this.#readers.get(mailbox.kind)!.watch!(values, { dials, signal, onMail });
    } finally {
      await reading.end();
    }
  }

  #pause(id: Uuid, lastedMs: number, isAborted: boolean): void {
    const { clock, random } = this.#parts;
    if (isAborted) {
      this.#pauses.delete(id);
      return;
    }
    const before = lastedMs > STABLE_MS ? 0 : (this.#pauses.get(id)?.failures ?? 0);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(before, MAX_DOUBLINGS), MAX_PAUSE_MS);
    // So that connections that a server ended together do not come back together.
    const untilMs = clock.monotonic() + pause * (0.8 + 0.4 * random());
    this.#pauses.set(id, { failures: before + 1, untilMs });
  }
}

/** Reads a mailbox when something arrived: one read at a time, and once more for what arrived meanwhile. */
class MailboxReading {
  readonly #parts: MailboxSyncParts;
  readonly #mailbox: WatchedMailbox;
  readonly #signal: AbortSignal;
  #isRequested = false;
  #running: Promise<void> | null = null;

  constructor(parts: MailboxSyncParts, mailbox: WatchedMailbox, signal: AbortSignal) {
    this.#parts = parts;
    this.#mailbox = mailbox;
    this.#signal = signal;
  }

  request(): void {
    this.#isRequested = true;
    this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  async end(): Promise<void> {
    this.#isRequested = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isRequested && !this.#signal.aborted) {
      this.#isRequested = false;
      // Another process may be reading it, and may have passed the folder already.
      if (!(await readWatchedMailbox(this.#parts, this.#mailbox, this.#signal))) this.#isRequested = true;
      await pauseFor(READ_PAUSE_MS, this.#signal);
    }
  }
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
