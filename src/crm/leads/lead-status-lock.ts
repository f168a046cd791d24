import type { ServiceOptions } from '../../record/record-service.ts';
import type { LeadInput } from './lead-input.ts';
import { isBuiltIn, type LeadStatuses } from './lead-status.ts';

/**
 * Locks the status that a lead takes, where the workspace could delete it: it stays, or the change is refused. The
 * built-in ones need no lock, and go the fast way.
 */
export function statusLock(statuses: LeadStatuses): NonNullable<ServiceOptions<LeadInput>['lockFor']> {
  return ({ status }) => {
    if (!status || isBuiltIn(status)) return null;
    return (trx, workspaceId) => statuses.hold(trx, workspaceId, status);
  };
}
