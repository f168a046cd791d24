import type { BeforeWrite } from '../../../record/record-plan.ts';
import type { Draft } from '../../../record/record-service.ts';
import { isBuiltIn, type LeadStatuses } from './lead-status.ts';

/**
 * Locks the new status of a lead, if the workspace can delete it: a deletion at the same time is refused, or this change
 * is. Built-in statuses need no lock and take the fast path.
 */
export function statusLock(statuses: LeadStatuses): (draft: Draft) => BeforeWrite | null {
  return ({ writer, input }) => {
    const { status } = input as { status?: string | null };
    if (!status || isBuiltIn(status)) return null;
    return (trx) => statuses.lock(trx, writer.workspaceId, status);
  };
}
