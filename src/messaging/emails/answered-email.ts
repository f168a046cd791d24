import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** A mail that is answered, or followed up. */
export interface AnsweredEmail {
  messageId: string | null;
  references: string[];
  threadId: Uuid | null;
  /** Whom the answer goes to: the sender of a mail that was received, the recipient of one that was sent. */
  from: string | null;
  subject: string | null;
  contactId: Uuid | null;
  dealId: Uuid | null;
  leadId: Uuid | null;
}

const READ = {
  name: 'email.answered',
  text: `
select e.message_id, e.thread_id, e.direction, e.contact_id, e.deal_id, e.lead_id, c.reference_ids,
       coalesce(e.subject, c.envelope->>'subject') as subject,
       case e.direction when 'in' then coalesce(c.envelope->>'reply_to', e."from", c.envelope->>'from')
         else coalesce(e."to", c.envelope->>'to') end as address
from email e left join email_content c on c.workspace_id = e.workspace_id and c.email_id = e.id
where e.workspace_id = $1 and e.id = $2 and e.deleted_at is null
  and (e.visibility = 'team' or e.user_id = $3)`,
};

interface Row {
  message_id: string | null;
  thread_id: Uuid | null;
  contact_id: Uuid | null;
  deal_id: Uuid | null;
  lead_id: Uuid | null;
  reference_ids: string[] | null;
  subject: string | null;
  address: string | null;
}

/** The mail with this id that the member may read. */
export async function readAnswered(
  db: Database,
  workspaceId: Uuid,
  id: Uuid,
  memberId: Uuid | null,
): Promise<AnsweredEmail | null> {
  const [row] = await db.read<Row>(READ, [workspaceId, id, memberId]);
  if (!row) return null;
  return {
    messageId: row.message_id,
    references: row.reference_ids ?? [],
    threadId: row.thread_id,
    from: row.address,
    subject: row.subject,
    contactId: row.contact_id,
    dealId: row.deal_id,
    leadId: row.lead_id,
  };
}
