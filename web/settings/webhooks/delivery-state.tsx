import type { DeliveryState as State } from '../../api/delivery-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const TONES: Record<State, Tone> = {
  pending: 'accent',
  retrying: 'warning',
  delivered: 'good',
  failed: 'bad',
  expired: 'bad',
  dropped: 'calm',
  crashed: 'bad',
};

export function DeliveryState({ state }: { state: State }) {
  return <StateBadge tone={TONES[state]}>{state}</StateBadge>;
}
