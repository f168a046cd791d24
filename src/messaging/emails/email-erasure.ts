import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { ErasureRules } from '../../record/erasure.ts';

const BLANK_CONTENT =
  "html = null, text = null, envelope = null, reference_ids = '{}', attachments = '[]', dropped_recipients = '{}'";

/** Files of attachments go with their mail; their bytes follow as those of all files without a row. */
const dropFiles = (emails: string) => `
with named as (
  select c.workspace_id, (a->>'file_id')::uuid as id from email_content c
  cross join lateral json_array_elements(c.attachments) a
  where c.workspace_id = $1 and c.email_id in (${emails})
),
gone as (
  delete from file f using named n where f.workspace_id = n.workspace_id and f.id = n.id returning f.workspace_id, f.size
)
update file_usage u set bytes = u.bytes - g.bytes
from (select workspace_id, sum(size)::bigint as bytes from gone group by workspace_id) g
where u.workspace_id = g.workspace_id`;

const DROP_FILES = { name: 'email.erase-files', text: dropFiles('$2::uuid') };

/** Where personal data of a mail is stored, besides its row and events. */
export const EMAIL_ERASURE: ErasureRules = {
  relatedTables: [
    { table: 'email_content', key: 'email_id', blank: BLANK_CONTENT },
    {
      table: 'email_send',
      key: 'email_id',
      blank:
        "to_address = null, last_error = null, state = case when state = 'queued' then 'cancelled' else state end, settled_at = coalesce(settled_at, now())",
    },
    { table: 'email_thread', key: 'id', blank: 'subject_key = null' },
  ],
  async eraseCopies(trx, row) {
    const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
    await query(trx, DROP_FILES, [workspaceId, id]);
  },
};

/** SQL: the mails of the contact. */
const OWN = 'select id from email where workspace_id = $1 and contact_id = $2';

const DROP_CONTACT_FILES = { name: 'email.erase-contact-files', text: dropFiles(OWN) };
const BLANK_CONTACT_CONTENT = {
  name: 'email_content.erase-contact',
  text: `update email_content set ${BLANK_CONTENT} where workspace_id = $1 and email_id in (${OWN})`,
};
const CANCEL_SENDS = {
  name: 'email_send.erase-contact',
  text: `update email_send set to_address = null, last_error = null,
           state = case when state = 'queued' then 'cancelled' else state end,
           settled_at = case when state = 'queued' then now() else settled_at end
         where workspace_id = $1 and email_id in (${OWN})`,
};
const BLANK_THREADS = {
  name: 'email_thread.erase-contact',
  text: `update email_thread set subject_key = null
         where workspace_id = $1 and id::text in (select thread_id from email where workspace_id = $1 and contact_id = $2)`,
};

/** Fields of a mail that name the person, or what was written to them. */
const PERSONAL = [
  'message_id',
  'provider_id',
  'in_reply_to',
  'from',
  'from_name',
  'to',
  'to_name',
  'subject',
  'snippet',
  'bounce_reason',
  'status_reason',
];
const LISTS = "array['cc', 'bcc', 'dropped_recipients', 'custom_fields']";
const NAMES = `array[${PERSONAL.map((name) => `'${name}'`).join(', ')}]`;
const NULLS = `json_build_object(${PERSONAL.map((name) => `'${name}', null`).join(', ')})::jsonb || '{"cc": [], "bcc": [], "dropped_recipients": [], "custom_fields": {}}'`;

const BLANK_EVENTS = {
  name: 'event.erase-email-contact',
  text: `
update event e set data = (e.data::jsonb || ${NULLS})::json, context = null
from activity a
where a.workspace_id = $1 and e.workspace_id = $1 and e.id = a.id and a.record_id in (${OWN}) and e.data is not null`,
};
const BLANK_TIMELINE = {
  name: 'activity.erase-email-contact',
  text: `
update activity set changed = (changed::jsonb - ${NAMES} - ${LISTS})::json,
  changed_to = (changed_to::jsonb - ${NAMES} - ${LISTS})::json
where workspace_id = $1 and record_id in (${OWN}) and changed is not null`,
};
const BLANK_ATTEMPTS = {
  name: 'attempt.erase-email-contact',
  text: `
update attempt t set request = null, response = null, detail = null from activity a
where a.workspace_id = $1 and t.workspace_id = $1 and t.event_id = a.id and a.record_id in (${OWN})`,
};
const BLANK_EMAILS = {
  name: 'email.erase-contact',
  text: `
update email set ${PERSONAL.map((name) => `"${name}" = null`).join(', ')}, cc = '{}', bcc = '{}',
  dropped_recipients = '{}', custom_fields = '{}',
  status = case when status in ('draft', 'scheduled', 'queued', 'deferred') then 'cancelled' else status end
where workspace_id = $1 and contact_id = $2`,
};
const BLANK_LINKS = {
  name: 'email_link.erase-contact',
  text: `update email_link set url = null where workspace_id = $1 and email_id in (${OWN})`,
};
const BLANK_HITS = {
  name: 'email_hit.erase-contact',
  text: `update email_hit set agent = '', visitor = null where workspace_id = $1 and email_id in (${OWN})`,
};
const BLANK_SEARCH = {
  name: 'search_document.erase-email-contact',
  text: `delete from search_document where workspace_id = $1 and object_type = 'email' and record_id in (${OWN})`,
};

/** Ends what mails say about an erased contact, and the sending of those that wait. That there were mails, and when, stays. */
export async function eraseEmailsOfContact(
  trx: Transaction,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
  for (const statement of [
    DROP_CONTACT_FILES,
    CANCEL_SENDS,
    BLANK_THREADS,
    BLANK_CONTACT_CONTENT,
    BLANK_EVENTS,
    BLANK_TIMELINE,
    BLANK_ATTEMPTS,
    BLANK_LINKS,
    BLANK_HITS,
    BLANK_SEARCH,
    BLANK_EMAILS,
  ])
    await query(trx, statement, [workspaceId, id]);
}
