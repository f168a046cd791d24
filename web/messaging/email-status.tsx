import type { Email } from '../api/email-queries.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';

const TONES: Record<Email['status'], Tone> = {
  draft: 'calm',
  scheduled: 'accent',
  queued: 'accent',
  sending: 'accent',
  sent: 'good',
  delivered: 'good',
  deferred: 'warning',
  bounced: 'bad',
  failed: 'bad',
  unknown: 'warning',
  cancelled: 'calm',
  received: 'accent',
};

export function EmailStatus({ status, unread = false }: Pick<Email, 'status'> & { unread?: boolean }) {
  if (unread) return <StateBadge tone="warning">Unread</StateBadge>;
  return <StateBadge tone={TONES[status]}>{fieldLabel(status)}</StateBadge>;
}
