import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';

/** A mailbox that is to be read now. */
export interface DueMailbox {
  workspace_id: Uuid;
  connection_id: Uuid;
  kind: string;
  failures: number;
  /** ISO 8601: what is older than its connection is history. */
  connected_at: string;
}

/** How far a folder has been read. */
export interface FolderState {
  uidValidity: number;
  lastUid: number;
  /** Null once the history is read. */
  historyUid: number | null;
}

export interface MailboxStore {
  /** Adds the mailboxes of new connections. */
  addNew(kinds: readonly string[], nowMs: number): Promise<void>;
  due(nowMs: number, limit: number): Promise<DueMailbox[]>;
  /** One mailbox, due or not; null if it is gone or disabled. */
  find(workspaceId: Uuid, connectionId: Uuid): Promise<DueMailbox | null>;
  /** @returns false if another process reads it now */
  claim(mailbox: DueMailbox): Promise<boolean>;
  /** Ends a claim without a read. */
  release(mailbox: DueMailbox): Promise<void>;
  /** Also shown as the state of the connection. @param failure null after a good read */
  setRead(
    mailbox: DueMailbox,
    times: { nowMs: number; nextMs: number },
    failure: string | null,
  ): Promise<void>;
  folder(mailbox: DueMailbox, name: string): Promise<FolderState | null>;
  saveFolder(mailbox: DueMailbox, name: string, state: FolderState): Promise<void>;
}

const ADD_NEW = {
  name: 'mailbox.add-new',
  text: `insert into mailbox (workspace_id, connection_id, due_at)
         select workspace_id, id, $2 from connection where kind = any($1) and active on conflict do nothing`,
};
/** One that was changed is read at once: the password may be right now. */
const DUE = {
  name: 'mailbox.due',
  text: `select m.workspace_id, m.connection_id, k.kind, m.failures, k.created_at as connected_at
         from mailbox m
         join connection k on k.workspace_id = m.workspace_id and k.id = m.connection_id and k.active
         where m.due_at <= $1 or (m.failures > 0 and k.updated_at > m.synced_at)
         order by m.due_at limit $2`,
};
const FIND = {
  name: 'mailbox.find',
  text: `select m.workspace_id, m.connection_id, k.kind, m.failures, k.created_at as connected_at
         from mailbox m
         join connection k on k.workspace_id = m.workspace_id and k.id = m.connection_id and k.active
         where m.workspace_id = $1 and m.connection_id = $2`,
};
/** Longer than a read may take (mailbox-sync.ts). */
const CLAIM = {
  name: 'mailbox.claim',
  text: `update mailbox set read_until = now() + interval '3 minutes'
         where workspace_id = $1 and connection_id = $2 and (read_until is null or read_until < now())
         returning connection_id`,
};
const RELEASE = {
  name: 'mailbox.release',
  text: 'update mailbox set read_until = null where workspace_id = $1 and connection_id = $2',
};
const SET_READ = {
  name: 'mailbox.set-read',
  text: `with done as (
           update mailbox set due_at = $3, synced_at = $4, last_failure = $5, read_until = null,
             failures = case when $5::text is null then 0 else failures + 1 end
           where workspace_id = $1 and connection_id = $2
         )
         update connection set failing = $5::text is not null,
           last_event_at = case when $5::text is null then $4::timestamptz else last_event_at end,
           last_error = coalesce($5, last_error),
           last_error_at = case when $5::text is null then last_error_at else $4::timestamptz end
         where workspace_id = $1 and id = $2`,
};
const FOLDER = {
  name: 'mailbox_folder.get',
  text: `select uid_validity::float8 as validity, last_uid::float8 as last, history_uid::float8 as history
         from mailbox_folder where workspace_id = $1 and connection_id = $2 and name = $3`,
};
const SAVE_FOLDER = {
  name: 'mailbox_folder.save',
  text: `insert into mailbox_folder (workspace_id, connection_id, name, uid_validity, last_uid, history_uid)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, connection_id, name) do update set
           uid_validity = excluded.uid_validity, last_uid = excluded.last_uid, history_uid = excluded.history_uid`,
};

export function makeMailboxStore(db: Database): MailboxStore {
  return {
    async addNew(kinds, nowMs) {
      await query(db.pool, ADD_NEW, [kinds, isoTime(nowMs)]);
    },
    due: (nowMs, limit) => query<DueMailbox>(db.pool, DUE, [isoTime(nowMs), limit]),
    find: async (workspaceId, connectionId) =>
      (await query<DueMailbox>(db.pool, FIND, [workspaceId, connectionId]))[0] ?? null,
    claim: async ({ workspace_id: workspaceId, connection_id: id }) =>
      (await query(db.pool, CLAIM, [workspaceId, id])).length > 0,
    async release({ workspace_id: workspaceId, connection_id: id }) {
      await query(db.pool, RELEASE, [workspaceId, id]);
    },

    async setRead({ workspace_id: workspaceId, connection_id: id }, { nowMs, nextMs }, failure) {
      await query(db.pool, SET_READ, [workspaceId, id, isoTime(nextMs), isoTime(nowMs), failure]);
    },

    async folder({ workspace_id: workspaceId, connection_id: id }, name) {
      const [row] = await query<{ validity: number; last: number; history: number | null }>(db.pool, FOLDER, [
        workspaceId,
        id,
        name,
      ]);
      return row ? { uidValidity: row.validity, lastUid: row.last, historyUid: row.history } : null;
    },

    async saveFolder({ workspace_id: workspaceId, connection_id: id }, name, state) {
      const { uidValidity, lastUid, historyUid } = state;
      await query(db.pool, SAVE_FOLDER, [workspaceId, id, name, uidValidity, lastUid, historyUid]);
    },
  };
}
