import { ApiError, invalid } from '../../base/errors.ts';
import { isUuid, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { accountSettings, type AccountSettings } from './email-account.ts';

/** An account that a mail is sent through. */
export interface ChosenAccount extends AccountSettings {
  connectionId: Uuid;
  kind: string;
}

interface Row {
  id: Uuid;
  kind: string;
  settings: Record<string, unknown>;
  active: boolean;
}

const LIST = {
  name: 'email.accounts',
  text: `select id, kind, settings, active from connection
         where workspace_id = $1 and kind = any($2) and ($3::uuid is null or id = $3) order by id`,
};
const MAKER = {
  name: 'email.sender-of-key',
  text: 'select maker_id from api_key where workspace_id = $1 and id = $2',
};

/** The member on whose behalf an actor writes; null for a key without a member. */
export async function memberOf(db: Database, workspaceId: Uuid, actor: string): Promise<Uuid | null> {
  const [kind, id] = actor.split(':', 2);
  if (kind === 'user' && id !== undefined) return id;
  if (kind !== 'api_key' || id === undefined) return null;
  const [key] = await db.read<{ maker_id: Uuid | null }>(MAKER, [workspaceId, id]);
  return key?.maker_id ?? null;
}

/**
 * The account of a new mail: the one that was sent, else an account of the member, else a shared one. Nobody sends by
 * another member's account. Throws `validation_error`, `conflict` where there is none.
 */
export async function chooseAccount(
  { db, kinds }: { db: Database; kinds: readonly string[] },
  workspaceId: Uuid,
  memberId: Uuid | null,
  connectionId: Uuid | null,
): Promise<ChosenAccount> {
  if (connectionId !== null && !isUuid(connectionId))
    throw invalid('connection_id', 'must be the id of an email account');
  const rows = await db.read<Row>(LIST, [workspaceId, kinds, connectionId]);
  const accounts = rows.map(({ id, kind, settings, active }) => ({
    ...accountSettings(settings),
    connectionId: id,
    kind,
    active,
  }));
  const usable = accounts.filter(({ owner }) => owner === null || owner === memberId);
  if (connectionId !== null) {
    const [chosen] = usable;
    // Another member's account is not told from one that does not exist.
    if (!chosen) throw invalid('connection_id', 'must be the id of an email account');
    if (!chosen.active) throw new ApiError('conflict', 'This email account is disabled.');
    return chosen;
  }
  const active = usable.filter((account) => account.active);
  const chosen = active.find(({ owner }) => owner !== null) ?? active[0];
  if (!chosen)
    throw new ApiError(
      'conflict',
      'This workspace has no email account that you can send by: add one in Settings → Connections.',
    );
  return chosen;
}
