import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { addressKey } from './parsed-email.ts';

const OWN = {
  name: 'inbound_email.own-addresses',
  text: `select lower(u.email) as address from member m join app_user u on u.id = m.user_id
         where m.workspace_id = $1 and lower(u.email) = any($2)
         union
         select lower(c.settings ->> 'from_email') from connection c
         where c.workspace_id = $1 and lower(c.settings ->> 'from_email') = any($2)`,
};

/** Those of some addresses that belong to members of the workspace or to its accounts, in lower case. */
export async function ownAddresses(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> {
  if (addresses.length === 0) return new Set();
  const rows = await db.read<{ address: string }>(OWN, [workspaceId, addresses.map(addressKey)]);
  return new Set(rows.map(({ address }) => address));
}
