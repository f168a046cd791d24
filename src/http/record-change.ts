import type { Audit, AuditEntry } from '../account/audit.ts';
import type { Idempotency } from '../account/idempotency.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Ctx } from './route.ts';
import type { Transaction } from '../db/query.ts';

/**
 * Records a change in its own transaction: an audit entry, and the response under the request's Idempotency-Key.
 * All three are committed together or not at all.
 * @param auditEntry null for a change that concerns the caller alone, such as a dismissed notice
 * @throws AlreadyAnswered if another request with the key was first
 */
export type RecordChange = (
  trx: Transaction,
  ctx: Pick<Ctx<unknown, unknown>, 'caller' | 'claim'>,
  auditEntry: AuditEntry | null,
  response: { status: number; body: string },
) => Promise<void>;

export function makeRecordChange(parts: {
  audit: Audit;
  idempotency: Idempotency;
  clock: Clock;
}): RecordChange {
  return async (trx, { caller, claim }, auditEntry, response) => {
    if (auditEntry) await parts.audit.record(trx, caller, auditEntry);
    if (claim) await parts.idempotency.store(trx, claim, response, isoTime(parts.clock.now()));
  };
}
