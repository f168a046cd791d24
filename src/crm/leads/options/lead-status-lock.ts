import type { ServiceOptions } from '../../../record/record-service.ts';
import type { LeadInput } from '../lead-input.ts';
import { isBuiltIn, type LeadStatuses } from './lead-status.ts';

/**
 * Locks the new status of a lead, if the workspace can delete it: a deletion at the same time is refused, or this change
 * is. Built-in statuses need no lock and take the fast path.
 */
export function statusLock(statuses: LeadStatuses): NonNullable<ServiceOptions<LeadInput>['lockFor']> {
  return ({ status }) => {
    if (!status || isBuiltIn(status)) return null;
    return (trx, workspaceId) => statuses.lock(trx, workspaceId, status);
  };
}
