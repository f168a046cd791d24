import type { Webhook } from '../../api/webhook-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const TONES: Record<Webhook['state'], Tone> = { active: 'good', paused: 'calm', disabled: 'bad' };

export function WebhookState({ state }: Pick<Webhook, 'state'>) {
  return <StateBadge tone={TONES[state]}>{state}</StateBadge>;
}
