import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';
import type { Database } from '../../db/pool.ts';
import { MASK } from '../log/attempt-request.ts';
import type { Endpoints } from '../endpoint/endpoint-store.ts';
import type { Formats } from '../endpoint/webhook-format.ts';

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

/** The stored requests of test inboxes. */
export interface InboxRequests {
  /** Newest first. */
  list(workspaceId: Uuid, inboxId: Uuid, limit: number, after: Uuid | null): Promise<InboxRequest[]>;
  /**
   * Stores a request. In one from the wire, custom headers of the workspace's webhooks are masked here: it may be a
   * delivery that came through a proxy. The engine masks them itself.
   * @param inbox as `token` names it
   */
  store(
    inbox: { workspaceId: Uuid; id: Uuid },
    token: string,
    incoming: IncomingRequest,
    from: 'engine' | 'wire',
  ): Promise<void>;
}

/** Requests kept of one inbox. */
const MAX_REQUESTS = 100;

/** Rows of 0.1.0 have headers and body in the clear, and nothing sealed. */
interface RequestRow extends InboxRequest {
  sealed: Buffer | null;
}

const REQUESTS = {
  name: 'inbox.requests',
  text: `select id, method, query, headers, body, sealed, signed, received_at from inbox_request
         where workspace_id = $1 and inbox_id = $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
};
const STORE = {
  name: 'inbox.store',
  text: `
with outdated as (
  delete from inbox_request where workspace_id = $1 and inbox_id = $2 and id <= (
    select id from inbox_request where workspace_id = $1 and inbox_id = $2 order by id desc offset ${MAX_REQUESTS - 1} limit 1)
)
insert into inbox_request (workspace_id, inbox_id, id, method, query, headers, body, sealed, signed, received_at)
select workspace_id, id, $3, $4, '', '[]', '', $5, $6, $7 from inbox where workspace_id = $1 and id = $2`,
};
const SENDING = {
  name: 'inbox.sending',
  text: `select id, url from endpoint
         where workspace_id = $1 and state <> 'deleted' and length(url) >= $2 order by id desc`,
};
/** Webhooks whose secrets are tried on a request. */
const MAX_TRIED_WEBHOOKS = 5;
const CUSTOM_HEADERS = {
  name: 'inbox.custom-headers',
  text: `select headers from endpoint where workspace_id = $1 and state <> 'deleted' and headers is not null`,
};

export function makeInboxRequests(parts: {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
  formats: Formats;
  endpoints: () => Endpoints;
  /** The token of a URL of this installation's inboxes; null for any other URL. */
  tokenIn(url: string): string | null;
}): InboxRequests {
  const { db, sealer, clock, newId, formats, endpoints, tokenIn } = parts;

  function openRequest(workspaceId: Uuid, { sealed, ...row }: RequestRow): InboxRequest {
    if (!sealed) return row;
    const { body, ...rest } = JSON.parse(sealer.open(requestPlace(workspaceId), sealed)) as SealedRequest;
    return { ...row, ...rest, body: Buffer.from(body, 'base64') };
  }

  function sealRequest(workspaceId: Uuid, { query, headers, body }: IncomingRequest): Buffer {
    const content: SealedRequest = { query, headers, body: body.toString('base64') };
    return sealer.seal(requestPlace(workspaceId), JSON.stringify(content));
  }

  /** Null if no webhook of the workspace sends here: then the expected signature is unknown. */
  async function isSigned(
    workspaceId: Uuid,
    token: string,
    incoming: IncomingRequest,
  ): Promise<boolean | null> {
    const candidates = await db.read<{ id: Uuid; url: string }>(SENDING, [workspaceId, token.length]);
    const sending = candidates.filter(({ url }) => tokenIn(url) === token).slice(0, MAX_TRIED_WEBHOOKS);
    const values = new Map(incoming.headers.map(([name, value]) => [name.toLowerCase(), value]));
    let found: boolean | null = null;
    for (const { id } of sending) {
      const endpoint = await endpoints().get(workspaceId, id);
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

  async function mask(workspaceId: Uuid, incoming: IncomingRequest): Promise<IncomingRequest> {
    const rows = await db.read<{ headers: Buffer }>(CUSTOM_HEADERS, [workspaceId]);
    const custom = rows.flatMap(({ headers }) => {
      const place = { workspaceId, table: 'endpoint', column: 'headers' };
      return Object.entries(JSON.parse(sealer.open(place, headers)) as Record<string, string>);
    });
    // Compared by value as well: another sender's header of the same name is not a secret of this workspace.
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
    async list(workspaceId, inboxId, limit, after) {
      const rows = await db.read<RequestRow>(REQUESTS, [workspaceId, inboxId, after, limit]);
      return rows.map((row) => openRequest(workspaceId, row));
    },

    async store({ workspaceId, id }, token, incoming, from) {
      const signed = await isSigned(workspaceId, token, incoming);
      const shown = from === 'wire' ? await mask(workspaceId, incoming) : incoming;
      const values = [
        newId(),
        incoming.method,
        sealRequest(workspaceId, shown),
        signed,
        isoTime(clock.now()),
      ];
      await db.pool.query({ ...STORE, values: [workspaceId, id, ...values] });
    },
  };
}

/** The parts of a request that may hold a secret. */
interface SealedRequest extends Pick<IncomingRequest, 'query' | 'headers'> {
  /** Base64. */
  body: string;
}

const requestPlace = (workspaceId: Uuid) => ({ workspaceId, table: 'inbox_request', column: 'sealed' });
