import type { Caller } from '../account/caller.ts';
import type { Uuid } from '../base/id.ts';
import type { AfterWrite } from '../db/query.ts';
import type { RecordChange } from './record-change.ts';
import type { Ctx } from './route.ts';

interface RecordedObject<T> {
  /** In audit entries, as in `pipeline`; the action is `pipeline.created`. */
  objectType: string;
  detailsOf(item: T): Record<string, unknown>;
  /** What the response holds; default: the item. */
  responseOf?(item: T, caller: Caller): object;
}

/** Makes the `AfterWrite` of a request: it stores the audit entry and the idempotent response of the change. */
export type ChangeRecorder<T> = (
  ctx: Ctx<unknown, unknown>,
  status: number,
  action: 'created' | 'updated' | 'deleted',
) => AfterWrite<T>;

export function makeChangeRecorder<T extends { id: Uuid }>(
  recordChange: RecordChange,
  { objectType, detailsOf, responseOf = (item: T) => item }: RecordedObject<T>,
): ChangeRecorder<T> {
  return (ctx, status, action) => (trx, item) => {
    const auditEntry = {
      action: `${objectType}.${action}`,
      objectType,
      objectId: item.id,
      details: detailsOf(item),
    };
    const body = action === 'deleted' ? '' : JSON.stringify(responseOf(item, ctx.caller));
    return recordChange(trx, ctx, auditEntry, { status, body });
  };
}
