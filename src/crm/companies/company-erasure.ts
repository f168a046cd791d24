import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { EmbeddedCopy, ErasureRules } from '../../record/erasure.ts';
import { contact } from '../contacts/contact.ts';

/** A contact has the name of the company that it is linked to as a text of its own. */
const EMPLOYEE: EmbeddedCopy = { key: 'company_id', output: contact.output, personal: ['company'] };

/** SQL: the contacts of the company. */
const EMPLOYEES = 'select id from contact where workspace_id = $1 and company_id = $2';

const BLANK_EVENTS = {
  name: 'event.erase-employer',
  text: `
update event e set data = (e.data::jsonb || '{"company": null}')::json
from activity a
where a.workspace_id = $1 and e.workspace_id = $1 and e.id = a.id and a.record_id in (${EMPLOYEES})
  and e.data->>'company_id' = $2::uuid::text and e.data->>'company' is not null`,
};

/** SQL: an entry without the name, unless it is that of another company. */
const blankEntry = (column: string) =>
  `${column} = case when coalesce(${column}->>'company_id', $2::uuid::text) = $2::uuid::text
    then (${column}::jsonb - 'company')::json else ${column} end`;

const BLANK_TIMELINE = {
  name: 'activity.erase-employer',
  text: `
update activity set ${blankEntry('changed')}, ${blankEntry('changed_to')}
where workspace_id = $1 and record_id in (${EMPLOYEES}) and changed::jsonb ? 'company'`,
};

/** Their receivers may have answered with what was sent. */
const BLANK_ATTEMPTS = {
  name: 'attempt.erase-employer',
  text: `
update attempt t set request = null, response = null, detail = null
from activity a join event e on e.workspace_id = a.workspace_id and e.id = a.id
where a.workspace_id = $1 and t.workspace_id = $1 and t.event_id = a.id and a.record_id in (${EMPLOYEES})
  and e.data->>'company_id' = $2::uuid::text`,
};

/** The search documents follow, since the name of the company changes. */
const BLANK_CONTACTS = {
  name: 'contact.erase-employer',
  text: `
update contact set company = null, version = version + 1, updated_at = now()
where workspace_id = $1 and company_id = $2 and company is not null`,
};

/** Ends the name of an erased company at the contacts that are linked to it. */
export const COMPANY_ERASURE: ErasureRules = {
  embeddedCopies: [EMPLOYEE],
  async eraseCopies(trx: Transaction, row) {
    const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
    for (const statement of [BLANK_ATTEMPTS, BLANK_EVENTS, BLANK_TIMELINE, BLANK_CONTACTS])
      await query(trx, statement, [workspaceId, id]);
  },
};
