import type { Lead, LeadStatus as Status } from '../../api/lead-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const TONES: Record<Status, Tone> = {
  new: 'accent',
  contacted: 'accent',
  quoted: 'warning',
  won: 'good',
  lost: 'calm',
};

export function LeadStatus({ status }: Pick<Lead, 'status'>) {
  return <StateBadge tone={TONES[status]}>{status}</StateBadge>;
}
