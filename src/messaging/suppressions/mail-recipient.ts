import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** The recipient of a mail that can be unsubscribed from. */
export interface MailRecipient {
  workspaceId: Uuid;
  emailId: Uuid;
  address: string;
  topicId: Uuid | null;
}

const FIND = {
  name: 'email_tracking.find-recipient',
  text: `
select t.workspace_id as "workspaceId", t.email_id as "emailId", e.topic_id as "topicId",
       coalesce(e."to", c.envelope->>'to') as address
from email_tracking t
join email e on e.workspace_id = t.workspace_id and e.id = t.email_id
left join email_content c on c.workspace_id = e.workspace_id and c.email_id = e.id
where t.email_id = $1 and e.expunged_at is null`,
};

/** Null if there is no such mail, or it was erased. */
export async function findMailRecipient(
  db: Pick<Database, 'read'>,
  emailId: Uuid,
): Promise<MailRecipient | null> {
  const [row] = await db.read<Omit<MailRecipient, 'address'> & { address: string | null }>(FIND, [emailId]);
  return row && row.address !== null ? { ...row, address: row.address } : null;
}
