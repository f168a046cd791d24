import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { ErasureRules } from '../../record/erasure.ts';
import { redactHistory } from '../../record/history-redaction.ts';
import type { Noun } from '../../record/noun.ts';
import { redaction } from '../../record/redaction.ts';
import { reindex } from '../../record/search/search-pending.ts';
import { appointment } from './appointment.ts';

const FIND = {
  name: 'appointment.of-contact',
  text: 'select id from appointment where workspace_id = $1 and contact_id = $2',
};

/** The times stay, as those of the host. */
const BLANK = {
  name: 'appointment.blank-guest',
  text: `update appointment set title = 'Appointment', guest_name = null, guest_email = null, guest_phone = null,
           guest_time_zone = null, guests = '{}', answers = '{}', description = null, location = null,
           reschedule_reason = null, cancel_reason = null, external_id = null
         where workspace_id = $1 and contact_id = $2`,
};

const redacted = redaction(
  appointment.output,
  Object.keys(appointment.summary({})).filter((name) => name in appointment.fields),
);
const contexts = new Map(
  Object.values((appointment as unknown as Noun).events).map(
    ({ name, contextOutput }) => [name, contextOutput && redaction(contextOutput)] as const,
  ),
);

/** What appointments hold of a contact that is erased: they stay, without their guest. */
export const GUEST_ERASURE: ErasureRules = {
  async eraseCopies(trx: Transaction, row) {
    const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
    const found = await query<{ id: Uuid }>(trx, FIND, [workspaceId, id]);
    await query(trx, BLANK, [workspaceId, id]);
    for (const item of found)
      await redactHistory(
        trx,
        workspaceId,
        { recordId: item.id, entries: null, from: null, to: null },
        {
          dataOf: (_type, data) => redacted(data),
          contextOf: (type, context) => contexts.get(type)?.(context) ?? null,
        },
      );
    await reindex(
      trx,
      workspaceId,
      'appointment',
      found.map((item) => item.id),
    );
  },
};
