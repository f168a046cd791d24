import { randomBytes } from 'node:crypto';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sameBytes, sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';
import type { Endpoints } from '../endpoint/endpoint-store.ts';
import type { Formats } from '../endpoint/webhook-format.ts';
import { makeInboxRequests, type InboxRequests, type IncomingRequest } from './inbox-request.ts';
import { readToken, SECRET_BYTES, tokenInUrl, makeToken } from './inbox-url.ts';

/** A receiving URL of this installation that shows its requests, so that a first webhook needs no receiver. */
export interface Inbox {
  id: Uuid;
  name: string;
  secret: string;
  /** The status that it answers. */
  status: number;
  created_by: string;
  created_at: string;
  expires_at: string;
}

export interface Inboxes {
  /** Throws `limit_reached` if the workspace has the maximum. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: Pick<Inbox, 'name' | 'status'>,
    afterWrite: AfterWrite<Inbox>,
  ): Promise<Inbox>;
  /** Newest first, after the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Inbox[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<Inbox | undefined>;
  /** Throws `not_found`. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: Partial<Pick<Inbox, 'name' | 'status'>>,
    afterWrite: AfterWrite<Inbox>,
  ): Promise<Inbox>;
  /** Deletes its requests too; throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, afterWrite: AfterWrite<Inbox>): Promise<void>;
  /** Newest first. */
  requests: InboxRequests['list'];
  /** The URL that requests are sent to. */
  urlOf(workspaceId: Uuid, inbox: Inbox): string;
  /** The token of a URL of this installation's inboxes, whether or not the inbox exists; null for any other URL. */
  tokenIn(url: string): string | null;
  /** Whether a URL is that of an inbox of the workspace. */
  isOwn(workspaceId: Uuid, url: string): Promise<boolean>;
  /**
   * Stores a request.
   * @returns the status to answer; null if the inbox does not exist or has expired
   */
  receive(token: string, incoming: IncomingRequest, from: 'engine' | 'wire'): Promise<number | null>;
}

/** Per workspace. */
const MAX_INBOXES = 10;
const INBOX_LIFETIME_MS = 7 * 86_400_000;

/** Rows of 0.1.0 have the secret in the clear, and nothing sealed. */
interface InboxRow extends Inbox {
  secret_hash: Buffer | null;
  sealed_secret: Buffer | null;
}

const COLUMNS = 'id, name, secret, secret_hash, sealed_secret, status, created_by, created_at, expires_at';
const LIST = {
  name: 'inbox.list',
  text: `select ${COLUMNS} from inbox
         where workspace_id = $1 and expires_at > $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
};
const GET = {
  name: 'inbox.get',
  text: `select ${COLUMNS} from inbox where workspace_id = $1 and id = $2 and expires_at > $3`,
};

const DELETE = {
  name: 'inbox.delete',
  text: `delete from inbox where workspace_id = $1 and id = $2
         returning ${COLUMNS}`,
};

const LOCK_WORKSPACE = {
  name: 'inbox.lock-workspace',
  text: `select from workspace where id = $1 for update`,
};

const DELETE_EXPIRED = {
  name: 'inbox.delete-expired',
  text: `delete from inbox where workspace_id = $1 and expires_at <= $2`,
};

const INSERT = {
  name: 'inbox.insert',
  text: `insert into inbox (workspace_id, id, name, secret, secret_hash, sealed_secret, status, created_by, created_at, expires_at)
         select $1, $2, $3, '', $4,
                $5, $6, $7, $8, $9
         where (select count(*) from inbox where workspace_id = $1) < ${MAX_INBOXES}
         returning ${COLUMNS}`,
};

const UPDATE = {
  name: 'inbox.update',
  text: `update inbox set name = coalesce($1, name), status = coalesce($2, status)
         where workspace_id = $3 and id = $4 and expires_at > $5
         returning ${COLUMNS}`,
};

/** @param parts.endpoints called when a request arrives: the engine that has the endpoints is made later */
export function makeInboxes(parts: {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
  formats: Formats;
  endpoints: () => Endpoints;
  /** The public URL of this installation. */
  baseUrl: () => string;
}): Inboxes {
  const { db, sealer, clock, baseUrl } = parts;
  const now = () => isoTime(clock.now());
  const urlWith = (token: string) => `${baseUrl()}/inbox/${token}`;

  async function find(workspaceId: Uuid, id: Uuid): Promise<InboxRow | undefined> {
    return (await db.read<InboxRow>(GET, [workspaceId, id, now()]))[0];
  }

  function open(workspaceId: Uuid, { secret_hash: _hash, sealed_secret: sealed, ...row }: InboxRow): Inbox {
    return sealed ? { ...row, secret: sealer.open(secretPlace(workspaceId), sealed) } : row;
  }

  async function findByToken(token: string): Promise<{ workspaceId: Uuid; id: Uuid; status: number } | null> {
    const read = readToken(token);
    const row = read && (await find(read.workspaceId, read.id));
    if (!row || !isSecret(row, read.secret)) return null;
    return { workspaceId: read.workspaceId, id: row.id, status: row.status };
  }

  const tokenIn = (url: string) => tokenInUrl(baseUrl(), url);
  const requests = makeInboxRequests({ ...parts, tokenIn });

  return {
    tokenIn,

    async get(workspaceId, id) {
      const row = await find(workspaceId, id);
      return row && open(workspaceId, row);
    },

    urlOf: (workspaceId, inbox) => urlWith(makeToken(workspaceId, inbox)),

    create: (writer, input, afterWrite) =>
      db.transaction(async (trx) => {
        const inbox = open(writer.workspaceId, await insertInbox(trx, parts, writer, input));
        await afterWrite(trx, inbox);
        return inbox;
      }),

    async list(workspaceId, limit, after) {
      const rows = await db.read<InboxRow>(LIST, [workspaceId, now(), after, limit]);
      return rows.map((row) => open(workspaceId, row));
    },

    update: (workspaceId, id, change, afterWrite) =>
      db.transaction(async (trx) => {
        const inbox = open(workspaceId, await updateInbox(trx, { workspaceId, id }, change, now()));
        await afterWrite(trx, inbox);
        return inbox;
      }),

    remove: (workspaceId, id, afterWrite) =>
      db.transaction(async (trx) => {
        const rows = await query<InboxRow>(trx, DELETE, [workspaceId, id]);
        if (!rows[0]) throw inboxNotFound();
        await afterWrite(trx, open(workspaceId, rows[0]));
      }),

    requests: requests.list,

    async isOwn(workspaceId, url) {
      const token = tokenIn(url);
      const found = token === null ? null : await findByToken(token);
      return found?.workspaceId === workspaceId;
    },

    async receive(token, incoming, from) {
      const found = await findByToken(token);
      if (!found) return null;
      await requests.store(found, token, incoming, from);
      return found.status;
    },
  };
}

async function insertInbox(
  trx: Transaction,
  { sealer, clock, newId }: { sealer: Sealer; clock: Clock; newId: () => Uuid },
  { workspaceId, actor }: { workspaceId: Uuid; actor: string },
  { name, status }: Pick<Inbox, 'name' | 'status'>,
): Promise<InboxRow> {
  const now = isoTime(clock.now());
  const expires = isoTime(clock.now() + INBOX_LIFETIME_MS);
  // Two at once must not both take the last place.
  await query(trx, LOCK_WORKSPACE, [workspaceId]);
  await query(trx, DELETE_EXPIRED, [workspaceId, now]);
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const rows = await query<InboxRow>(trx, INSERT, [
    workspaceId,
    newId(),
    name,
    sha256(secret),
    sealer.seal(secretPlace(workspaceId), secret),
    status,
    actor,
    now,
    expires,
  ]);
  if (!rows[0])
    throw new ApiError(
      'limit_reached',
      `A workspace has at most ${MAX_INBOXES} test inboxes; delete one first.`,
    );
  return rows[0];
}

/** Throws `not_found`. */
async function updateInbox(
  trx: Transaction,
  { workspaceId, id }: { workspaceId: Uuid; id: Uuid },
  { name, status }: Partial<Pick<Inbox, 'name' | 'status'>>,
  now: string,
): Promise<InboxRow> {
  const rows = await query<InboxRow>(trx, UPDATE, [name ?? null, status ?? null, workspaceId, id, now]);
  if (!rows[0]) throw inboxNotFound();
  return rows[0];
}

const secretPlace = (workspaceId: Uuid) => ({ workspaceId, table: 'inbox', column: 'sealed_secret' });

function isSecret({ secret_hash: hash, secret }: InboxRow, input: string): boolean {
  return hash ? sameBytes(hash, sha256(input)) : sameBytes(Buffer.from(secret), Buffer.from(input));
}

/** The body of an inbox's response. */
export function inboxResponseBody(status: number | null): string {
  return status === null ? 'Test inbox not found or expired.\n' : 'Stored in the test inbox.\n';
}

/** Deletes expired inboxes of all workspaces, with their requests. */
export async function dropOldInboxes(db: Database): Promise<number> {
  const { rowCount } = await db.pool.query('delete from inbox where expires_at <= now()');
  return rowCount ?? 0;
}

export function inboxNotFound(): ApiError {
  return new ApiError('not_found', 'Test inbox not found or expired.');
}
