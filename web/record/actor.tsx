import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { apiKeysQuery } from '../api/api-key-queries.ts';
import { integrationsQuery } from '../api/integration-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { PersonName } from './person.tsx';

/**
 * The display name of an actor: `user:<id>`, `api_key:<id>`, `door:<integration>` or `form:<id>`. Names that the session may not
 * read are left out.
 */
export function Actor({ actor }: { actor: string }) {
  const [kind, id] = actor.split(':', 2);
  const mayReadKeys = useHasScope('keys:read');
  const { data: keys } = useInfiniteQuery({ ...apiKeysQuery, enabled: kind === 'api_key' && mayReadKeys });
  const { data: integrations } = useQuery({ ...integrationsQuery, enabled: kind === 'door' });

  if (kind === 'user') return <PersonName id={id ?? null} />;
  if (kind === 'door') return integrations?.find(({ name }) => name === id)?.label ?? id;
  if (kind === 'api_key') {
    const name = keys?.find((key) => key.id === id)?.name;
    return name === undefined ? 'An API key' : `API key ${name}`;
  }
  if (kind === 'form') return 'A form';
  return 'Fairlead';
}
