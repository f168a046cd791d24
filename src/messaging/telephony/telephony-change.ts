import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { RecordService } from '../../record/record-service.ts';

/** Changes that are nobody's, such as those that a provider reports. */
const SYSTEM = 'system';

/**
 * Changes a message or a call in the caller's transaction, with the events of the change. A record that was deleted stays
 * as it is. @returns the lanes to notify after the commit
 */
export async function changeRecord<R extends BaseRecord, Input extends object>(
  trx: Transaction,
  service: RecordService<R, Input>,
  { workspaceId, id, actor = SYSTEM }: { workspaceId: Uuid; id: Uuid; actor?: string },
  apply: (current: R) => R,
): Promise<LaneKey[]> {
  try {
    const { lanes } = await service.changeWithin(
      trx,
      {
        writer: { workspaceId, actor },
        id,
        expected: null,
        mutation: { apply, fires: (before, after) => service.noun.fires(before, after) },
        answer: () => ({ status: 200, body: '' }),
      },
      [],
    );
    return lanes;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return [];
    throw error;
  }
}
