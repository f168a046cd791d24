import { hmacSha256, sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Sealer } from '../../base/seal.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Queryable } from '../../db/query.ts';

/** What the token of a guest's link leads to. */
export interface LinkedAppointment {
  workspaceId: Uuid;
  appointmentId: Uuid;
}

/**
 * Links with which guests see, move and cancel their appointment. The token is made from the installation's key, so that
 * each mail can hold it; only its hash is stored, and a token without it leads nowhere.
 */
export interface GuestLinks {
  /** 43 characters. */
  tokenOf(workspaceId: Uuid, appointmentId: Uuid): string;
  url(workspaceId: Uuid, appointmentId: Uuid): string;
  /** Makes the link work; in the transaction of the appointment, or any time later. */
  open(on: Queryable, workspaceId: Uuid, appointmentId: Uuid): Promise<void>;
  find(token: string): Promise<LinkedAppointment | undefined>;
}

const TOKEN = /^[\w-]{43}$/;

const INSERT = {
  name: 'appointment_link.insert',
  text: `insert into appointment_link (hash, workspace_id, appointment_id) values ($1, $2, $3) on conflict do nothing`,
};

/** For 30 days after the end. */
const FIND = {
  name: 'appointment_link.find',
  text: `select l.workspace_id, l.appointment_id from appointment_link l
         join appointment a on a.workspace_id = l.workspace_id and a.id = l.appointment_id
         where l.hash = $1 and a.deleted_at is null and a.ends_at > now() - interval '30 days'`,
};

export function makeGuestLinks({
  db,
  sealer,
  baseUrl,
}: {
  db: Database;
  sealer: Sealer;
  baseUrl(): string;
}): GuestLinks {
  const key = sealer.derive('appointment link');
  const tokenOf = (workspaceId: Uuid, appointmentId: Uuid) =>
    Buffer.from(hmacSha256(key, 'base64', `${workspaceId}\n${appointmentId}`), 'base64').toString(
      'base64url',
    );
  const hashOf = (token: string) => sha256('appointment link', '\n', token);

  return {
    tokenOf,
    url: (workspaceId, appointmentId) => `${baseUrl()}/book/manage/${tokenOf(workspaceId, appointmentId)}`,

    async open(on, workspaceId, appointmentId) {
      await query(on, INSERT, [hashOf(tokenOf(workspaceId, appointmentId)), workspaceId, appointmentId]);
    },

    async find(token) {
      if (!TOKEN.test(token)) return undefined;
      const [row] = await db.read<{ workspace_id: Uuid; appointment_id: Uuid }>(FIND, [hashOf(token)]);
      return row && { workspaceId: row.workspace_id, appointmentId: row.appointment_id };
    },
  };
}
