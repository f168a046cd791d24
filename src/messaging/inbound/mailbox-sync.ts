import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Logger } from '../../base/log.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { Database } from '../../db/pool.ts';
import type { RecurringJob } from '../../jobs/recurring-job.ts';
import type { OutgoingDials } from '../../net/dial.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { MailAddresses } from './mail-address.ts';
import { MAX_MAIL_BYTES } from './mail-parser.ts';
import { MailboxError, type MailboxMessage, type MailboxReader, type OpenMailbox } from './mailbox-reader.ts';
import { makeMailboxStore, type DueMailbox, type FolderState, type MailboxStore } from './mailbox-store.ts';
import { addressKey } from './parsed-email.ts';
import { findPerson } from './received-write.ts';
import type { InboundEmails } from './received-email.ts';

export interface MailboxSyncParts {
  db: Database;
  clock: Clock;
  log: Logger;
  connections: Pick<Connections, 'open'>;
  dials: OutgoingDials;
  mailboxReaders: readonly MailboxReader[];
  people: PersonDirectory;
  mailAddresses: MailAddresses;
  inboundEmails: InboundEmails;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** After failures: 1, 2, 4, … and at most every 32 minutes. */
const MAX_DOUBLINGS = 5;
const HISTORY_DAYS = 30;
const BATCH = 50;
/** Mailboxes that are read at once. */
const PARALLEL = 4;
/** Of one mailbox in one run; the rest follows in the next. */
const MAX_READ_MS = 50_000;
/** Of a mail that is too large: its header, and often its text. */
const BEGINNING_BYTES = 256 * 1024;
/** Failures in a row after which a mail that cannot be stored is skipped, so that the next ones arrive. */
const FAILURES_BEFORE_SKIP = 3;

/**
 * Reads the mailboxes of members every minute. A poll needs no connection that stays open, works with every server, and goes
 * on by itself after a restart. Mailboxes that are watched (mailbox-watcher.ts) are read earlier as well.
 */
export function mailboxSyncJob(parts: MailboxSyncParts): RecurringJob {
  const { db, clock, mailboxReaders } = parts;
  const store = makeMailboxStore(db);
  return {
    name: 'messaging.mailboxes',
    everyMs: MINUTE_MS,
    async run(signal) {
      if (mailboxReaders.length === 0) return 0;
      await store.addNew(
        mailboxReaders.map(({ kind }) => kind),
        clock.now(),
      );
      const queue = await store.due(clock.now(), 500);
      const count = queue.length;
      const work = Array.from({ length: PARALLEL }, async () => {
        for (let next = queue.shift(); next && !signal.aborted; next = queue.shift())
          await syncMailbox(parts, store, next, signal);
      });
      await Promise.all(work);
      return count;
    },
  };
}

/** Reads a mailbox in which something arrived. @returns false if another process is reading it */
export async function readWatchedMailbox(
  parts: MailboxSyncParts,
  { workspace_id: workspaceId, connection_id: id }: Pick<DueMailbox, 'workspace_id' | 'connection_id'>,
  stopped: AbortSignal,
): Promise<boolean> {
  const store = makeMailboxStore(parts.db);
  const mailbox = await store.find(workspaceId, id);
  return mailbox === null || syncMailbox(parts, store, mailbox, stopped);
}

/** @returns false if another process is reading it */
async function syncMailbox(
  parts: MailboxSyncParts,
  store: MailboxStore,
  mailbox: DueMailbox,
  stopped: AbortSignal,
): Promise<boolean> {
  if (!(await store.claim(mailbox))) return false;
  const { clock, log } = parts;
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(MAX_READ_MS + MINUTE_MS)]);
  let failure: string | null = null;
  try {
    await new MailboxSync(parts, store, mailbox, signal).run();
  } catch (error) {
    if (stopped.aborted) {
      await store.release(mailbox);
      return true;
    }
    failure = error instanceof MailboxError ? error.message : 'The mailbox could not be read.';
    const { workspace_id: workspaceId, connection_id: connectionId } = mailbox;
    if (error instanceof MailboxError)
      log.warn({ workspaceId, connectionId, failure }, 'a mailbox could not be read');
    else log.error({ err: error, workspaceId, connectionId }, 'reading a mailbox failed');
  }
  const nowMs = clock.now();
  const waitMs = failure === null ? MINUTE_MS : MINUTE_MS * 2 ** Math.min(mailbox.failures, MAX_DOUBLINGS);
  await store.setRead(mailbox, { nowMs, nextMs: nowMs + waitMs }, failure);
  return true;
}

/** One read of one mailbox. */
class MailboxSync {
  readonly #parts: MailboxSyncParts;
  readonly #store: MailboxStore;
  readonly #mailbox: DueMailbox;
  readonly #signal: AbortSignal;
  readonly #until: number;
  /** Whether somebody with an address is known, by address. */
  readonly #known = new Map<string, boolean>();

  constructor(parts: MailboxSyncParts, store: MailboxStore, mailbox: DueMailbox, signal: AbortSignal) {
    this.#parts = parts;
    this.#store = store;
    this.#mailbox = mailbox;
    this.#signal = signal;
    this.#until = parts.clock.monotonic() + MAX_READ_MS;
  }

  async run(): Promise<void> {
    const { connections, dials, mailboxReaders } = this.#parts;
    const { workspace_id: workspaceId, connection_id: id, kind } = this.#mailbox;
    const { settings, secrets } = await connections.open(workspaceId, id);
    const reader = mailboxReaders.find((item) => item.kind === kind)!;
    const opened = await reader.open({ settings, secrets: secrets[0]! }, { dials, signal: this.#signal });
    try {
      const folders = await opened.folders();
      // New mails of all folders come before the history of any.
      for (const folder of folders) await this.#readNew(opened, folder);
      for (const folder of folders) await this.#readHistory(opened, folder);
    } finally {
      await opened.close();
    }
  }

  get #isOver(): boolean {
    return this.#signal.aborted || this.#parts.clock.monotonic() > this.#until;
  }

  async #readNew(opened: OpenMailbox, folder: string): Promise<void> {
    if (this.#isOver) return;
    const { uidValidity, uidNext } = await opened.open(folder);
    const stored = await this.#store.folder(this.#mailbox, folder);
    // With another validity all uids are new ones; mails that are stored already are recognised by their Message-ID.
    const state: FolderState =
      stored?.uidValidity === uidValidity
        ? stored
        : { uidValidity, lastUid: uidNext - 1, historyUid: uidNext };
    if (state !== stored) await this.#store.saveFolder(this.#mailbox, folder, state);
    if (state.lastUid + 1 >= uidNext) return;
    const uids = await opened.uids({ from: state.lastUid + 1, to: uidNext - 1 });
    for (let at = 0; at < uids.length && !this.#isOver; at += BATCH) {
      const batch = uids.slice(at, at + BATCH);
      await this.#take(opened, batch);
      state.lastUid = batch.at(-1)!;
      await this.#store.saveFolder(this.#mailbox, folder, state);
    }
  }

  /** Of the last 30 days, newest first. */
  async #readHistory(opened: OpenMailbox, folder: string): Promise<void> {
    const state = await this.#store.folder(this.#mailbox, folder);
    if (!state || state.historyUid === null || this.#isOver) return;
    const { uidValidity } = await opened.open(folder);
    if (uidValidity !== state.uidValidity) return;
    const sinceMs = Date.parse(this.#mailbox.connected_at) - HISTORY_DAYS * DAY_MS;
    const uids = (await opened.uids({ from: 1, to: state.historyUid - 1, sinceMs })).toReversed();
    for (let at = 0; at < uids.length; at += BATCH) {
      if (this.#isOver) return;
      const batch = uids.slice(at, at + BATCH);
      await this.#take(opened, batch);
      state.historyUid = batch.at(-1)!;
      await this.#store.saveFolder(this.#mailbox, folder, state);
    }
    await this.#store.saveFolder(this.#mailbox, folder, { ...state, historyUid: null });
  }

  async #take(opened: OpenMailbox, uids: readonly number[]): Promise<void> {
    const messages = uids.length === 0 ? [] : await opened.messages(uids);
    for (const message of messages)
      if (!message.isDraft && (await this.#isWanted(message))) await this.#takeOne(opened, message);
  }

  /** Whether a contact wrote or received it, or it came to an address of ours: nothing else is even read. */
  async #isWanted({ from, to }: MailboxMessage): Promise<boolean> {
    for (const address of [...from, ...to]) {
      const key = addressKey(address);
      if (this.#isOurs(key)) return true;
      let known = this.#known.get(key);
      if (known === undefined) {
        known = await this.#isKnown(this.#mailbox.workspace_id, address);
        this.#known.set(key, known);
      }
      if (known) return true;
    }
    return false;
  }

  #isOurs(address: string): boolean {
    const { domain } = this.#parts.mailAddresses;
    return domain !== null && address.endsWith(`@${domain}`);
  }

  async #isKnown(workspaceId: Uuid, address: string): Promise<boolean> {
    const { db } = this.#parts;
    return (await findPerson(this.#parts, db.pool, workspaceId, [{ name: '', address }])) !== null;
  }

  async #takeOne(opened: OpenMailbox, { uid, size, at, to }: MailboxMessage): Promise<void> {
    const { inboundEmails, log } = this.#parts;
    const {
      workspace_id: workspaceId,
      connection_id: connectionId,
      connected_at: connectedAt,
      failures,
    } = this.#mailbox;
    const isCut = size > MAX_MAIL_BYTES;
    const raw = await opened.content(uid, isCut ? BEGINNING_BYTES : MAX_MAIL_BYTES);
    if (!raw) return;
    try {
      await inboundEmails.take({
        workspaceId,
        connectionId,
        content: { raw, isCut },
        envelope: { from: null, to: to.filter((address) => this.#isOurs(addressKey(address))) },
        origin: 'mailbox',
        // Mailboxes have times in seconds.
        isHistory: at + 1_000 <= Date.parse(connectedAt),
      });
    } catch (error) {
      if (failures < FAILURES_BEFORE_SKIP) throw error;
      log.error({ err: error, workspaceId, connectionId, uid }, 'a mail of a mailbox was left out');
    }
  }
}
