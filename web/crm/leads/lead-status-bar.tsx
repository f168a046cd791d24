import { LEAD_STATUSES, leads, type Lead, type LeadStatus } from '../../api/lead-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import { tellError } from '../../ui/notify.tsx';
import { StepBar } from '../step-bar.tsx';

/** How far a lead has come; a click moves it. */
export function LeadStatusBar({ lead }: { lead: Lead }) {
  const mayWrite = useMay('leads:write');
  const { mutate: update, isPending } = useUpdateRecord(leads);
  const moveTo = (status: LeadStatus) =>
    update({ id: lead.id, version: lead.version, change: { status } }, { onError: tellError });

  return (
    <StepBar
      label="Status"
      steps={LEAD_STATUSES.map((status) => ({
        id: status,
        name: fieldLabel(status),
        isReached: isReached(status, lead.status),
      }))}
      current={lead.status}
      disabled={!mayWrite || isPending}
      onStep={moveTo}
    />
  );
}

/** A lead is won or lost: nobody comes by the one on the way to the other. */
function isReached(status: LeadStatus, at: LeadStatus): boolean {
  if (at === 'lost') return status === 'lost';
  return LEAD_STATUSES.indexOf(status) <= LEAD_STATUSES.indexOf(at);
}
