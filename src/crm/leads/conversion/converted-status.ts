import type { Uuid } from '../../../base/id.ts';
import { query, type Queryable } from '../../../db/query.ts';
import type { LeadStatus } from '../options/lead-status.ts';

const READ = {
  name: 'lead_counter.converted-status',
  text: 'select converted_status from lead_counter where workspace_id = $1',
};

/** The key of the status that converted leads get: the chosen one, or else the first of the kind `won`. */
export async function convertedStatus(
  on: Queryable,
  workspaceId: Uuid,
  statuses: readonly LeadStatus[],
): Promise<string> {
  const [row] = await query<{ converted_status: string | null }>(on, READ, [workspaceId]);
  const chosen = row?.converted_status;
  const found = statuses.find(({ key }) => key === chosen) ?? statuses.find(({ kind }) => kind === 'won');
  // A status of the kind won is built in.
  return found!.key;
}
