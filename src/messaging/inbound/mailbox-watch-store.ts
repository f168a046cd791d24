import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';

/** A mailbox that one process watches. */
export interface WatchedMailbox {
  workspace_id: Uuid;
  connection_id: Uuid;
  kind: string;
  /** Of the connection; another one means that its settings or secrets changed. */
  updated_at: string;
}

/** Which process watches which mailbox. A lease that is not extended ends, so that another process takes over. */
export interface MailboxWatchStore {
  /** Mailboxes that can be read and that nobody watches, at most `limit`. @param except those that have to wait */
  claim(
    watcher: Uuid,
    kinds: readonly string[],
    limit: number,
    except: readonly Uuid[],
  ): Promise<WatchedMailbox[]>;
  /** @returns those of the mailboxes that the watcher may go on watching */
  extend(watcher: Uuid, connectionIds: readonly Uuid[]): Promise<WatchedMailbox[]>;
  release(watcher: Uuid, connectionIds: readonly Uuid[]): Promise<void>;
}

/** Several passes of the watcher (mailbox-watcher.ts). */
const LEASE = "interval '45 seconds'";
const COLUMNS = 'm.workspace_id, m.connection_id, k.kind, k.updated_at';

const CLAIM = {
  name: 'mailbox.watch',
  text: `
with free as (
  select m.workspace_id, m.connection_id, k.kind, k.updated_at
  from mailbox m join connection k on k.workspace_id = m.workspace_id and k.id = m.connection_id
  where k.active and k.kind = any($2) and m.failures = 0 and m.synced_at is not null
    and (m.watched_until is null or m.watched_until < now()) and m.connection_id <> all ($4::uuid[])
  order by m.connection_id limit $3 for update of m skip locked
)
update mailbox m set watcher = $1, watched_until = now() + ${LEASE}
from free k where m.workspace_id = k.workspace_id and m.connection_id = k.connection_id returning ${COLUMNS}`,
};
const EXTEND = {
  name: 'mailbox.go-on-watching',
  text: `
update mailbox m set watched_until = now() + ${LEASE}
from connection k
where m.watcher = $1 and m.connection_id = any($2) and m.watched_until > now()
  and k.workspace_id = m.workspace_id and k.id = m.connection_id and k.active returning ${COLUMNS}`,
};
const RELEASE = {
  name: 'mailbox.stop-watching',
  text: `update mailbox set watcher = null, watched_until = null where watcher = $1 and connection_id = any($2)`,
};

export function makeMailboxWatchStore(db: Database): MailboxWatchStore {
  return {
    claim: (watcher, kinds, limit, except) =>
      query<WatchedMailbox>(db.pool, CLAIM, [watcher, kinds, limit, except]),
    extend: (watcher, connectionIds) => query<WatchedMailbox>(db.pool, EXTEND, [watcher, connectionIds]),
    async release(watcher, connectionIds) {
      await query(db.pool, RELEASE, [watcher, connectionIds]);
    },
  };
}
