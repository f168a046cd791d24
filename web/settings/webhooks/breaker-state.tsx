import { Alert } from '@mantine/core';
import { IconClockPause } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Webhook } from '../../api/webhook-queries.ts';
import { Moment } from '../../ui/relative-time.tsx';
import { useNow } from '../../ui/now.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { timeText } from '../../ui/format.ts';

type Breaker = Webhook['breaker'];

/** The state of the circuit breaker. */
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

/** Explains an open or half-open circuit breaker. */
export function BreakerNotice({ breaker, className }: { breaker: Breaker; className?: string | undefined }) {
  if (breaker.state === 'closed') return null;
  return (
    <Alert color="yellow" icon={<IconClockPause size={18} />} className={className ?? ''}>
      {breaker.state === 'half_open' ? (
        'Deliveries are on hold. One request probes the receiver; the others follow once it succeeds.'
      ) : (
        <>
          Deliveries are on hold
          {breaker.until !== null && (
            <>
              {' '}
              until <Clock at={breaker.until} />
            </>
          )}
          because the receiver is overloaded or failed repeatedly. Then one request probes it. No events are
          lost, and no attempts are used.
        </>
      )}
    </Alert>
  );
}

const HOUR_MS = 3_600_000;

/** Shows seconds for a short pause. A pause that the receiver requested may last a day. */
function Clock({ at }: { at: string }) {
  const time = Date.parse(at);
  const now = useNow();
  return Math.abs(time - now) > HOUR_MS ? <Moment at={at} /> : <time dateTime={at}>{timeText(time)}</time>;
}
