import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';

/** Where calls for a member ring. */
export interface MemberPhone {
  user_id: Uuid;
  /** As in `+491711234567`. */
  phone: string;
}

const LIST = {
  name: 'member_phone.list',
  text: `select p.user_id, p.phone from member_phone p
         join member m on m.workspace_id = p.workspace_id and m.user_id = p.user_id
         where p.workspace_id = $1 and ($2::uuid is null or p.user_id = $2) order by p.user_id`,
};
const SET = {
  name: 'member_phone.set',
  text: `insert into member_phone (workspace_id, user_id, phone) values ($1, $2, $3)
         on conflict (workspace_id, user_id) do update set phone = excluded.phone`,
};
const CLEAR = {
  name: 'member_phone.clear',
  text: 'delete from member_phone where workspace_id = $1 and user_id = $2',
};

export function listMemberPhones(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  userId: Uuid | null = null,
): Promise<MemberPhone[]> {
  return db.read<MemberPhone>(LIST, [workspaceId, userId]);
}

/** @param phone null: calls for the member ring nowhere */
export async function setMemberPhone(
  trx: Transaction,
  workspaceId: Uuid,
  userId: Uuid,
  phone: string | null,
): Promise<void> {
  if (phone === null) await query(trx, CLEAR, [workspaceId, userId]);
  else await query(trx, SET, [workspaceId, userId, phone]);
}
