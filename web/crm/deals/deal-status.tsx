import type { Deal } from '../../api/deal-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const TONES: Record<Deal['status'], Tone> = { open: 'accent', won: 'good', lost: 'calm' };

export function DealStatus({ status }: Pick<Deal, 'status'>) {
  return <StateBadge tone={TONES[status]}>{status}</StateBadge>;
}
