import type { Lead } from '../../api/lead-queries.ts';
import { useLeadStatuses, type LeadStatus as Status } from '../../api/lead-status-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const TONES: Record<Status['kind'], Tone> = { open: 'accent', won: 'good', lost: 'calm' };

/** The status of a lead as a badge. */
export function LeadStatus({ status: key }: Pick<Lead, 'status'>) {
  const status = useLeadStatuses().find((item) => item.key === key);
  return <StateBadge tone={TONES[status?.kind ?? 'open']}>{status?.name ?? key}</StateBadge>;
}
