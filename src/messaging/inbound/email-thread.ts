import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';

/** Who sees a mail and its thread. */
export interface Audience {
  visibility: 'team' | 'private';
  /** The member, of a private mail. */
  userId: Uuid | null;
}

/** What the thread of a mail is found by. */
export interface ThreadClues {
  /** The mail whose reply address was used. */
  answered: Uuid | null;
  /** Message ids, the nearest first. */
  references: readonly string[];
  /** Set if a mail may join a thread by its subject. */
  subjectKey: string | null;
  contactId: Uuid | null;
}

/** What a mail takes over from the thread that it joins. */
export interface ThreadPlace {
  id: Uuid;
  dealId: Uuid | null;
  leadId: Uuid | null;
  contactId: Uuid | null;
}

const PLACE = 'e.thread_id as id, e.deal_id, e.lead_id, e.contact_id';
const SEEN = `(e.visibility = $2 and ($2 = 'team' or e.user_id = $3::uuid))`;
const BY_EMAIL = {
  name: 'email_thread.by-email',
  text: `select ${PLACE} from email e
         where e.workspace_id = $1 and ${SEEN} and e.id = $4 and e.thread_id is not null`,
};
/** SES writes an id of its own, with a host: `<provider id>@eu-west-1.amazonses.com`. */
const BY_REFERENCE = {
  name: 'email_thread.by-reference',
  text: `select ${PLACE} from unnest($4::text[]) with ordinality r (id, n)
         join email e on e.workspace_id = $1
          and (e.message_id = r.id or e.provider_id = r.id or e.provider_id = split_part(r.id, '@', 1))
         where ${SEEN} and e.thread_id is not null
         order by r.n, e.id desc limit 1`,
};
const BY_SUBJECT = {
  name: 'email_thread.by-subject',
  text: `select ${PLACE} from email e
         join email_thread t on t.workspace_id = e.workspace_id and t.id = e.thread_id::uuid
         where e.workspace_id = $1 and ${SEEN} and e.contact_id = $4 and e.thread_id is not null
           and e.deleted_at is null and t.subject_key = $5 and t.last_at > $6::timestamptz - interval '30 days'
         order by e.id desc limit 1`,
};
interface PlaceRow {
  id: Uuid;
  deal_id: Uuid | null;
  lead_id: Uuid | null;
  contact_id: Uuid | null;
}

/** The thread that a mail belongs to; null if it begins one. A private mail never joins a thread of the team, nor the reverse. */
export async function findThread(
  trx: Transaction,
  workspaceId: Uuid,
  { visibility, userId }: Audience,
  clues: ThreadClues,
  atMs: number,
): Promise<ThreadPlace | null> {
  const seen = [workspaceId, visibility, userId];
  const { answered, references, subjectKey, contactId } = clues;
  const found =
    (answered !== null && (await query<PlaceRow>(trx, BY_EMAIL, [...seen, answered]))[0]) ||
    (references.length > 0 && (await query<PlaceRow>(trx, BY_REFERENCE, [...seen, references]))[0]) ||
    (subjectKey !== null &&
      contactId !== null &&
      (await query<PlaceRow>(trx, BY_SUBJECT, [...seen, contactId, subjectKey, isoTime(atMs)]))[0]);
  if (!found) return null;
  return { id: found.id, dealId: found.deal_id, leadId: found.lead_id, contactId: found.contact_id };
}
