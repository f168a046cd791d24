import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { InboundEmails, TakenEmail } from './received-email.ts';

/** The last mail that the listener took for a workspace. */
export interface LastInboundEmail {
  at: string;
  outcome: TakenEmail['outcome'];
  /** Why it was not stored. */
  reason: string | null;
}

const SET = {
  name: 'last_inbound_email.set',
  text: `insert into last_inbound_email (workspace_id, at, outcome, reason) values ($1, $2, $3, $4)
         on conflict (workspace_id) do update set at = excluded.at, outcome = excluded.outcome, reason = excluded.reason`,
};
const GET = {
  name: 'last_inbound_email.get',
  text: 'select at, outcome, reason from last_inbound_email where workspace_id = $1',
};

/** Notes what became of each mail that the listener took: the first one shows that the address works. */
export function notingLastEmail(
  inboundEmails: InboundEmails,
  { db, clock }: { db: Database; clock: Clock },
): InboundEmails {
  return {
    async take(received) {
      const taken = await inboundEmails.take(received);
      const { workspaceId, connectionId, origin } = received;
      if (connectionId === null && origin === 'delivery') {
        const reason = taken.outcome === 'ignored' ? taken.reason : null;
        await query(db.pool, SET, [workspaceId, isoTime(clock.now()), taken.outcome, reason]);
      }
      return taken;
    },
  };
}

export async function lastInboundEmail(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
): Promise<LastInboundEmail | null> {
  return (await db.read<LastInboundEmail>(GET, [workspaceId]))[0] ?? null;
}
