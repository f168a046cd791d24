import { leads, type Lead } from '../../api/lead-queries.ts';
import { useLeadStatuses, type LeadStatus } from '../../api/lead-status-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { notifyError } from '../../ui/notify.tsx';
import { StepBar } from '../step-bar.tsx';

/** The statuses of a lead, in order. A click changes the status. */
export function LeadStatusBar({ lead }: { lead: Lead }) {
  const statuses = useLeadStatuses();
  const mayWrite = useHasScope('leads:write');
  const { mutate: update, isPending } = useUpdateRecord(leads);
  const current = statuses.find(({ key }) => key === lead.status);
  const moveTo = (status: string) =>
    update({ id: lead.id, version: lead.version, change: { status } }, { onError: notifyError });

  return (
    <StepBar
      label="Status"
      steps={statuses.map((status) => ({
        id: status.key,
        name: status.name,
        isReached: current !== undefined && isReached(status, current),
      }))}
      current={lead.status}
      disabled={!mayWrite || isPending}
      onStep={moveTo}
    />
  );
}

/** Won and lost are alternatives: neither is a step to the other. */
function isReached(status: LeadStatus, current: LeadStatus): boolean {
  if (status.key === current.key) return true;
  return current.kind !== 'lost' && status.kind === 'open' && status.position < current.position;
}
