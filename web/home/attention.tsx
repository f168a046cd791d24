import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { connectionsQuery } from '../api/connection-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { webhooksQuery } from '../api/webhook-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

/** Webhooks and connections that do not work. Nothing if all do. */
export function Attention() {
  const webhooks = useInfiniteQuery({ ...webhooksQuery, enabled: useHasScope('webhooks:read') });
  const connections = useInfiniteQuery({ ...connectionsQuery, enabled: useHasScope('connections:read') });
  const problems = [
    ...(webhooks.data ?? []).flatMap(({ id, name, state, breaker }) =>
      state === 'disabled' || (state === 'active' && breaker.state !== 'closed')
        ? [
            <Problem key={id} kind="Webhook" state={state === 'disabled' ? state : 'failing'}>
              <TextLink {...paths.webhook(id)}>{name}</TextLink>
            </Problem>,
          ]
        : [],
    ),
    ...(connections.data ?? []).flatMap(({ id, name, state }) =>
      state === 'failing'
        ? [
            <Problem key={id} kind="Connection" state={state}>
              <TextLink {...paths.connection(id)}>{name}</TextLink>
            </Problem>,
          ]
        : [],
    ),
  ];
  if (problems.length === 0) return null;
  return (
    <HomeSection title="Needs attention" count={problems.length} isLoaded empty="">
      {problems}
    </HomeSection>
  );
}

function Problem({ kind, state, children }: { kind: string; state: string; children: ReactNode }) {
  return (
    <li>
      <span className={classes.name}>{children}</span>
      <span className={classes.aside}>{kind}</span>
      <StateBadge tone="bad">{state}</StateBadge>
    </li>
  );
}
