import type { Transaction } from 'kysely';
import type { Audit, AuditEntry } from '../account/audit.ts';
import type { Idempotency } from '../account/idempotency.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Schema } from '../db/schema.ts';
import type { Ctx } from './route.ts';

/**
 * What a change of a setting leaves behind in its own transaction: a line of the audit, and the answer under the
 * request's Idempotency-Key. There is none of the three without the others.
 */
export interface RecordChange {
  enter(
    trx: Transaction<Schema>,
    ctx: Pick<Ctx<unknown, unknown>, 'caller' | 'claim'>,
    auditEntry: AuditEntry,
    answer: { status: number; body: string },
  ): Promise<void>;
}

export function makeRecordChange(parts: {
  audit: Audit;
  idempotency: Idempotency;
  clock: Clock;
}): RecordChange {
  return {
    async enter(trx, { caller, claim }, auditEntry, answer) {
      await parts.audit.note(trx, caller, auditEntry);
      if (claim) await parts.idempotency.keep(trx, claim, answer, isoTime(parts.clock.now()));
    },
  };
}
