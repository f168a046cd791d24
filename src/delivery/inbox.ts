import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { sameBytes, sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import type { Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import type { Endpoints } from './endpoint-store.ts';
import type { Formats } from './format.ts';
import { readToken, SECRET_BYTES, tokenInUrl, makeToken } from './inbox-url.ts';
import { MASK } from './attempt-request.ts';

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

/** A request that an inbox receives. */
export interface IncomingRequest {
  method: string;
  /** With its `?`, or ''. */
  query: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}

export interface InboxRequest extends IncomingRequest {
  id: Uuid;
  signed: boolean | null;
  received_at: string;
}

type Within = (trx: Transaction<Schema>, inbox: Inbox) => Promise<void>;

export interface Inboxes {
  /** Throws `limit_reached` if the workspace has the maximum. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: Pick<Inbox, 'name' | 'status'>,
    within: Within,
  ): Promise<Inbox>;
  /** Newest first, after the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Inbox[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<Inbox | undefined>;
  /** Throws `not_found`. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: Partial<Pick<Inbox, 'name' | 'status'>>,
    within: Within,
  ): Promise<Inbox>;
  /** Deletes its requests too; throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, within: Within): Promise<void>;
  /** Newest first. */
  requests(workspaceId: Uuid, id: Uuid, limit: number, after: Uuid | null): Promise<InboxRequest[]>;
  /** The URL that requests are sent to. */
  urlOf(workspaceId: Uuid, inbox: Inbox): string;
  /** The token of a URL of this installation's inboxes, whether or not the inbox exists; null for any other URL. */
  tokenIn(url: string): string | null;
  /** Whether a URL is that of an inbox of the workspace. */
  isOwn(workspaceId: Uuid, url: string): Promise<boolean>;
  /**
   * Stores a request. In one from the wire, custom headers of the workspace's webhooks are masked here: it may be a
   * delivery that came through a proxy. The engine masks them itself.
   * @returns the status to answer; null if the inbox does not exist or has expired
   */
  receive(token: string, incoming: IncomingRequest, from: 'engine' | 'wire'): Promise<number | null>;
}

/** Per workspace, and requests kept per inbox. */
const MAX_INBOXES = 10;
const MAX_REQUESTS = 100;
const LIFE_MS = 7 * 86_400_000;

/** Rows of 0.1.0 have secret, headers and body in the clear, and nothing sealed. */
interface InboxRow extends Inbox {
  secret_hash: Buffer | null;
  sealed_secret: Buffer | null;
}

interface RequestRow extends InboxRequest {
  sealed: Buffer | null;
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
const REQUESTS = {
  name: 'inbox.requests',
  text: `select id, method, query, headers, body, sealed, signed, received_at from inbox_request
         where workspace_id = $1 and inbox_id = $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
};
const KEEP = {
  name: 'inbox.keep',
  text: `
with outdated as (
  delete from inbox_request where workspace_id = $1 and inbox_id = $2 and id <= (
    select id from inbox_request where workspace_id = $1 and inbox_id = $2 order by id desc offset ${MAX_REQUESTS - 1} limit 1)
)
insert into inbox_request (workspace_id, inbox_id, id, method, query, headers, body, sealed, signed, received_at)
select workspace_id, id, $3, $4, '', '[]', '', $5, $6, $7 from inbox where workspace_id = $1 and id = $2`,
};
const POSTING = {
  name: 'inbox.posting',
  text: `select id, url from endpoint
         where workspace_id = $1 and state <> 'deleted' and length(url) >= $2 order by id desc`,
};
/** Webhooks whose secrets are tried on a request. */
const MAX_POSTING_WEBHOOKS = 5;
const CUSTOM_HEADERS = {
  name: 'inbox.custom-headers',
  text: `select headers from endpoint where workspace_id = $1 and state <> 'deleted' and headers is not null`,
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
  const { db, sealer, clock, newId, formats, baseUrl } = parts;
  const now = () => isoTime(clock.now());
  const urlWith = (token: string) => `${baseUrl()}/inbox/${token}`;

  async function find(workspaceId: Uuid, id: Uuid): Promise<InboxRow | undefined> {
    return (await db.read<InboxRow>(GET, [workspaceId, id, now()]))[0];
  }

  function open(workspaceId: Uuid, { secret_hash: _hash, sealed_secret: sealed, ...row }: InboxRow): Inbox {
    return sealed ? { ...row, secret: sealer.open(secretPlace(workspaceId), sealed) } : row;
  }

  function openRequest(workspaceId: Uuid, { sealed, ...row }: RequestRow): InboxRequest {
    if (!sealed) return row;
    const { body, ...rest } = JSON.parse(sealer.open(requestPlace(workspaceId), sealed)) as SealedRequest;
    return { ...row, ...rest, body: Buffer.from(body, 'base64') };
  }

  function sealRequest(workspaceId: Uuid, { query, headers, body }: IncomingRequest): Buffer {
    const content: SealedRequest = { query, headers, body: body.toString('base64') };
    return sealer.seal(requestPlace(workspaceId), JSON.stringify(content));
  }

  async function named(token: string): Promise<{ workspaceId: Uuid; id: Uuid; status: number } | null> {
    const read = readToken(token);
    const row = read && (await find(read.workspaceId, read.id));
    if (!row || !isSecret(row, read.secret)) return null;
    return { workspaceId: read.workspaceId, id: row.id, status: row.status };
  }

  const tokenIn = (url: string) => tokenInUrl(baseUrl(), url);

  /** Null if no webhook of the workspace sends here: then the expected signature is unknown. */
  async function isSigned(
    workspaceId: Uuid,
    token: string,
    incoming: IncomingRequest,
  ): Promise<boolean | null> {
    const long = await db.read<{ id: Uuid; url: string }>(POSTING, [workspaceId, token.length]);
    const posting = long.filter(({ url }) => tokenIn(url) === token).slice(0, MAX_POSTING_WEBHOOKS);
    const values = new Map(incoming.headers.map(([name, value]) => [name.toLowerCase(), value]));
    let found: boolean | null = null;
    for (const { id } of posting) {
      const endpoint = await parts.endpoints().get(workspaceId, id);
      const format = endpoint && formats.get(endpoint.format);
      if (!format || endpoint.secrets.length === 0) continue;
      found ??= false;
      if (
        endpoint.secrets.some((secret) => format.verifies(secret, (name) => values.get(name), incoming.body))
      )
        return true;
    }
    return found;
  }

  async function masked(workspaceId: Uuid, incoming: IncomingRequest): Promise<IncomingRequest> {
    const rows = await db.read<{ headers: Buffer }>(CUSTOM_HEADERS, [workspaceId]);
    const custom = rows.flatMap(({ headers }) => {
      const place = { workspaceId, table: 'endpoint', column: 'headers' };
      return Object.entries(JSON.parse(sealer.open(place, headers)) as Record<string, string>);
    });
    // Compared by value as well: another sender's header of the same name is not a secret of ours.
    const isCustom = (name: string, value: string) =>
      custom.some(
        ([item, secret]) =>
          secret.trim() !== '' && item.toLowerCase() === name.toLowerCase() && value.includes(secret.trim()),
      );
    const headers = incoming.headers.map(
      ([name, value]) => [name, isCustom(name, value) ? MASK : value] as const,
    );
    return { ...incoming, headers };
  }

  return {
    tokenIn,

    async get(workspaceId, id) {
      const row = await find(workspaceId, id);
      return row && open(workspaceId, row);
    },

    urlOf: (workspaceId, inbox) => urlWith(makeToken(workspaceId, inbox)),

    create: ({ workspaceId, actor }, { name, status }, within) =>
      db.transaction(async (trx) => {
        // Two at once must not both take the last place.
        await sql`select from workspace where id = ${workspaceId} for update`.execute(trx);
        await sql`delete from inbox where workspace_id = ${workspaceId} and expires_at <= ${now()}`.execute(
          trx,
        );
        const expires = isoTime(clock.now() + LIFE_MS);
        const secret = randomBytes(SECRET_BYTES).toString('base64url');
        const { rows } = await sql<InboxRow>`
          insert into inbox (workspace_id, id, name, secret, secret_hash, sealed_secret, status, created_by, created_at, expires_at)
          select ${workspaceId}, ${newId()}, ${name}, '', ${sha256(secret)},
                 ${sealer.seal(secretPlace(workspaceId), secret)}, ${status}, ${actor}, ${now()}, ${expires}
          where (select count(*) from inbox where workspace_id = ${workspaceId}) < ${MAX_INBOXES}
          returning ${sql.raw(COLUMNS)}`.execute(trx);
        if (!rows[0])
          throw new ApiError(
            'limit_reached',
            `A workspace has at most ${MAX_INBOXES} test inboxes; delete one first.`,
          );
        const inbox = open(workspaceId, rows[0]);
        await within(trx, inbox);
        return inbox;
      }),

    async list(workspaceId, limit, after) {
      const rows = await db.read<InboxRow>(LIST, [workspaceId, now(), after, limit]);
      return rows.map((row) => open(workspaceId, row));
    },

    update: (workspaceId, id, { name, status }, within) =>
      db.transaction(async (trx) => {
        const { rows } = await sql<InboxRow>`
          update inbox set name = coalesce(${name ?? null}, name), status = coalesce(${status ?? null}, status)
          where workspace_id = ${workspaceId} and id = ${id} and expires_at > ${now()}
          returning ${sql.raw(COLUMNS)}`.execute(trx);
        if (!rows[0]) throw inboxNotFound();
        const inbox = open(workspaceId, rows[0]);
        await within(trx, inbox);
        return inbox;
      }),

    remove: (workspaceId, id, within) =>
      db.transaction(async (trx) => {
        const { rows } = await sql<InboxRow>`
          delete from inbox where workspace_id = ${workspaceId} and id = ${id}
          returning ${sql.raw(COLUMNS)}`.execute(trx);
        if (!rows[0]) throw inboxNotFound();
        await within(trx, open(workspaceId, rows[0]));
      }),

    async requests(workspaceId, id, limit, after) {
      const rows = await db.read<RequestRow>(REQUESTS, [workspaceId, id, after, limit]);
      return rows.map((row) => openRequest(workspaceId, row));
    },

    async isOwn(workspaceId, url) {
      const token = tokenIn(url);
      const found = token === null ? null : await named(token);
      return found?.workspaceId === workspaceId;
    },

    async receive(token, incoming, from) {
      const found = await named(token);
      if (!found) return null;
      const { workspaceId, id, status } = found;
      const signed = await isSigned(workspaceId, token, incoming);
      const kept = from === 'wire' ? await masked(workspaceId, incoming) : incoming;
      const values = [newId(), incoming.method, sealRequest(workspaceId, kept), signed, now()];
      await db.pool.query({ ...KEEP, values: [workspaceId, id, ...values] });
      return status;
    },
  };
}

/** The parts of a request that may hold a secret. */
interface SealedRequest extends Pick<IncomingRequest, 'query' | 'headers'> {
  /** Base64. */
  body: string;
}

const secretPlace = (workspaceId: Uuid) => ({ workspaceId, table: 'inbox', column: 'sealed_secret' });
const requestPlace = (workspaceId: Uuid) => ({ workspaceId, table: 'inbox_request', column: 'sealed' });

function isSecret({ secret_hash: hash, secret }: InboxRow, input: string): boolean {
  return hash ? sameBytes(hash, sha256(input)) : sameBytes(Buffer.from(secret), Buffer.from(input));
}

/** The body of an inbox's response. */
export function inboxResponseBody(status: number | null): string {
  return status === null
    ? 'There is no such test inbox, or its time is over.\n'
    : 'Kept in the test inbox.\n';
}

/** Deletes expired inboxes of all workspaces, with their requests. */
export async function dropOldInboxes(db: Database): Promise<number> {
  const { rowCount } = await db.pool.query('delete from inbox where expires_at <= now()');
  return rowCount ?? 0;
}

export function inboxNotFound(): ApiError {
  return new ApiError('not_found', 'There is no test inbox with this id, or its time is over.');
}
