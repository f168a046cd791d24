import type { Connection, Outcome } from '../../api/connection-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const STATES: Record<Connection['state'], Tone> = {
  waiting: 'warning',
  active: 'good',
  failing: 'bad',
  disabled: 'calm',
};

const OUTCOMES: Record<Outcome, Tone> = {
  accepted: 'good',
  ignored: 'calm',
  duplicate: 'calm',
  refused: 'bad',
};

export function ConnectionState({ state }: Pick<Connection, 'state'>) {
  return <StateBadge tone={STATES[state]}>{state}</StateBadge>;
}

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  return <StateBadge tone={OUTCOMES[outcome]}>{outcome}</StateBadge>;
}
