import { Tooltip } from '@mantine/core';
import type { ApiKey } from '../../api/api-key-queries.ts';
import { StateBadge } from '../../ui/state-badge.tsx';

export function ApiKeyState({ apiKey }: { apiKey: Pick<ApiKey, 'state' | 'expiring_soon' | 'maker'> }) {
  if (apiKey.state === 'revoked') return <StateBadge tone="calm">Revoked</StateBadge>;
  if (apiKey.state === 'expired') return <StateBadge tone="bad">Expired</StateBadge>;
  if (apiKey.maker?.role === null)
    return (
      <Tooltip
        multiline
        w={240}
        label={`${apiKey.maker.name}, who made it, has left the workspace: it is refused.`}
      >
        <span tabIndex={0}>
          <StateBadge tone="bad">Refused</StateBadge>
        </span>
      </Tooltip>
    );
  if (apiKey.expiring_soon) return <StateBadge tone="warning">Expiring soon</StateBadge>;
  return <StateBadge tone="good">Active</StateBadge>;
}
