import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

const KNOWN = {
  name: 'message.known-external-ids',
  text: `select external_id from message
         where workspace_id = $1 and connection_id = $2 and external_id = any($3::text[]) and id <> $4`,
};

/** Those of a provider's ids that other messages of the connection have. */
export async function knownExternalIds(
  db: Pick<Database, 'read'>,
  { workspaceId, connectionId, id }: { workspaceId: Uuid; connectionId: Uuid; id: Uuid },
  externalIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.read<{ external_id: string }>(KNOWN, [workspaceId, connectionId, externalIds, id]);
  return new Set(rows.map((row) => row.external_id));
}
