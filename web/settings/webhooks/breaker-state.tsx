import { Alert } from '@mantine/core';
import { IconClockPause } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Webhook } from '../../api/webhook-queries.ts';
import { Moment } from '../../ui/moment.tsx';
import { useNow } from '../../ui/now.ts';
import { StateBadge } from '../../ui/state-badge.tsx';

type Breaker = Webhook['breaker'];

/** Whether the webhook's receiver gets a rest. */
export function BreakerState({ breaker: { state, until } }: { breaker: Breaker }): ReactNode {
  if (state === 'closed') return <StateBadge tone="good">closed</StateBadge>;
  if (state === 'half_open') return <StateBadge tone="warning">half-open</StateBadge>;
  return (
    <>
      <StateBadge tone="bad">open</StateBadge>
      {until !== null && (
        <>
          {' '}
          until <Clock at={until} />
        </>
      )}
    </>
  );
}

/** What a rest means, while there is one. */
export function BreakerNotice({ breaker, className }: { breaker: Breaker; className?: string | undefined }) {
  if (breaker.state === 'closed') return null;
  return (
    <Alert color="yellow" icon={<IconClockPause size={18} />} className={className ?? ''}>
      {breaker.state === 'half_open' ? (
        'Its receiver gets a rest: one request goes out to probe it, and the others follow once that comes through.'
      ) : (
        <>
          Its receiver gets a rest
          {breaker.until !== null && (
            <>
              {' '}
              until <Clock at={breaker.until} />
            </>
          )}
          : it said that it has too much to do, or failed many times in a row. Then one request probes it.
          Nothing is lost meanwhile, and no attempt is used up.
        </>
      )}
    </Alert>
  );
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const HOUR_MS = 3_600_000;

/** To the second: a rest is short. One that the receiver asked for may be a day. */
function Clock({ at }: { at: string }) {
  const time = Date.parse(at);
  const now = useNow();
  return Math.abs(time - now) > HOUR_MS ? <Moment at={at} /> : <time dateTime={at}>{TIME.format(time)}</time>;
}
