import { leads, type Lead } from '../../api/lead-queries.ts';
import { useLeadStatuses, type LeadStatus } from '../../api/lead-status-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { tellError } from '../../ui/notify.tsx';
import { StepBar } from '../step-bar.tsx';

/** How far a lead has come; a click moves it. */
export function LeadStatusBar({ lead }: { lead: Lead }) {
  const statuses = useLeadStatuses();
  const mayWrite = useMay('leads:write');
  const { mutate: update, isPending } = useUpdateRecord(leads);
  const current = statuses.find(({ key }) => key === lead.status);
  const moveTo = (status: string) =>
    update({ id: lead.id, version: lead.version, change: { status } }, { onError: tellError });

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

/** A lead is won or lost: nobody comes by the one on the way to the other. */
function isReached(status: LeadStatus, current: LeadStatus): boolean {
  if (status.key === current.key) return true;
  return current.kind !== 'lost' && status.kind === 'open' && status.position < current.position;
}
