import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { AgentLimits } from './agent-limits.ts';

/** The app that uses a key, as it was when a person authorised it (src/oauth). */
export interface KeyApp {
  client_id: string;
  /** As the app names itself. */
  name: string;
  /** The host that people were sent back to; an address of loopback for a program on their computer. */
  host: string;
  /** What the app may do, as in `read write`. */
  scope: string;
}

/** An app that a member authorised, which is the key of an agent. */
export interface AuthorizedApp {
  /** The id of the key. */
  id: Uuid;
  name: string;
  app: KeyApp;
  agent: AgentLimits;
  created_at: string;
  /** When the app has to be authorised again, if it is not used until then. */
  expires_at: string;
  last_used_at: string | null;
}

export interface AuthorizedApps {
  /** The apps that a member authorised and that may be used, newest first. */
  list(workspaceId: Uuid, userId: Uuid): Promise<AuthorizedApp[]>;
}

const MAX_LISTED = 200;

const LIST = {
  name: 'authorized-app.list',
  text: `select id, name, app, agent, created_at, expires_at, last_used_at from api_key
         where workspace_id = $1 and maker_id = $2 and app is not null and revoked_at is null and expires_at > $3
         order by id desc limit ${MAX_LISTED}`,
};

export function makeAuthorizedApps(db: Database, clock: Clock): AuthorizedApps {
  return {
    list: (workspaceId, userId) => db.read<AuthorizedApp>(LIST, [workspaceId, userId, isoTime(clock.now())]),
  };
}
