import type { Uuid } from '../base/id.ts';
import type { RecordChange } from '../http/record-change.ts';
import type { Ctx } from '../http/route.ts';
import type { Transaction } from '../db/query.ts';

/** Called in the transaction of a change, after the change is written. */
export type AfterWrite<T> = (trx: Transaction, item: T) => Promise<void>;

interface RecordedObject<T> {
  /** In audit entries, as in `pipeline`; the action is `pipeline.created`. */
  objectType: string;
  detailsOf(item: T): Record<string, unknown>;
  /** What the response holds; default: the item. */
  responseOf?(item: T): object;
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
    const body = action === 'deleted' ? '' : JSON.stringify(responseOf(item));
    return recordChange(trx, ctx, auditEntry, { status, body });
  };
}
