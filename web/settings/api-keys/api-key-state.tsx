import type { ApiKey } from '../../api/api-key-queries.ts';
import { StateBadge } from '../../ui/state-badge.tsx';

export function ApiKeyState({ apiKey }: { apiKey: Pick<ApiKey, 'state' | 'expiring_soon'> }) {
  if (apiKey.state === 'revoked') return <StateBadge tone="calm">Revoked</StateBadge>;
  if (apiKey.state === 'expired') return <StateBadge tone="bad">Expired</StateBadge>;
  if (apiKey.expiring_soon) return <StateBadge tone="warning">Expiring soon</StateBadge>;
  return <StateBadge tone="good">Active</StateBadge>;
}
