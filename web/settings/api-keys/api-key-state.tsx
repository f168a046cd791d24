import type { ApiKey } from '../../api/api-key-queries.ts';
import { StateBadge } from '../../ui/state-badge.tsx';

export function ApiKeyState({ apiKey }: { apiKey: Pick<ApiKey, 'state' | 'expiring_soon' | 'maker'> }) {
  if (apiKey.state === 'revoked') return <StateBadge tone="calm">Revoked</StateBadge>;
  if (apiKey.state === 'expired') return <StateBadge tone="bad">Expired</StateBadge>;
  // The key is rejected until its creator is a member again.
  if (apiKey.maker?.role === null) return <StateBadge tone="bad">Creator left</StateBadge>;
  if (apiKey.expiring_soon) return <StateBadge tone="warning">Expiring soon</StateBadge>;
  return <StateBadge tone="good">Active</StateBadge>;
}
