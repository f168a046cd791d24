import { isoTime, type Clock } from '../base/clock.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Queryable } from '../db/query.ts';
import type { ClientMetadata, OAuthClient } from './oauth-client.ts';

/** Apps that registered themselves (RFC 7591). */
export interface RegisteredClients {
  register(metadata: ClientMetadata): Promise<{ client: OAuthClient; createdAt: string }>;
  find(id: string): Promise<OAuthClient | undefined>;
  /** Keeps an app that is used; nothing happens for the id of a document. */
  markUsed(on: Queryable, id: string): Promise<void>;
}

interface Row {
  id: Uuid;
  name: string;
  redirect_uris: string[];
}

const INSERT = {
  name: 'oauth-client.insert',
  text: 'insert into oauth_client (id, name, redirect_uris, created_at) values ($1, $2, $3, $4)',
};

const FIND = {
  name: 'oauth-client.find',
  text: 'select id, name, redirect_uris from oauth_client where id = $1',
};

const MARK_USED = {
  name: 'oauth-client.mark-used',
  text: 'update oauth_client set last_used_at = $2 where id = $1',
};

export function makeRegisteredClients(db: Database, clock: Clock, newId: () => Uuid): RegisteredClients {
  return {
    async register({ name, redirectUris }) {
      const id = newId();
      const createdAt = isoTime(clock.now());
      await query(db.pool, INSERT, [id, name, redirectUris, createdAt]);
      return { client: { id, name, redirectUris, documentHost: null }, createdAt };
    },

    async find(id) {
      const [row] = isUuid(id) ? await db.read<Row>(FIND, [id]) : [];
      return row && { id: row.id, name: row.name, redirectUris: row.redirect_uris, documentHost: null };
    },

    async markUsed(on, id) {
      if (isUuid(id)) await query(on, MARK_USED, [id, isoTime(clock.now())]);
    },
  };
}
