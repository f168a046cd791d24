import { sql } from 'kysely';
import { queryableOf, type Database } from '../../db/pool.ts';
import type { LaneKey } from '../../delivery/wake.ts';
import type { RecordStore } from '../../record/record-store.ts';
import type { LeadInput } from './lead-input.ts';
import { isBuiltIn, type LeadStatuses } from './lead-status.ts';
import type { Lead } from './lead.ts';

/**
 * The leads' store, in which a status that can be taken away is held while a lead takes it: it stays, or the change is
 * refused. The statuses that are always there need no holding, and go the fast way.
 */
export function holdingStatuses(
  leads: RecordStore<Lead, LeadInput>,
  { db, notify, statuses }: { db: Database; notify(lanes: LaneKey[]): void; statuses: LeadStatuses },
): RecordStore<Lead, LeadInput> {
  return {
    ...leads,
    async change(writer, id, change, expected, answer, sent) {
      const status = change?.status;
      if (!change || !status || isBuiltIn(status))
        return leads.change(writer, id, change, expected, answer, sent);
      const { workspaceId } = writer;
      const written = await db.transaction(async (trx) => {
        await statuses.hold(trx, workspaceId, status);
        await sql`select from lead where workspace_id = ${workspaceId} and id = ${id} for update`.execute(
          trx,
        );
        return leads.changeWithin(queryableOf(trx), writer, id, change, expected, answer, sent);
      });
      notify(written.lanes);
      return written.answer;
    },
  };
}
