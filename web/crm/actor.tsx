import { useInfiniteQuery } from '@tanstack/react-query';
import { apiKeysQuery } from '../api/api-key-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { PersonName } from './person.tsx';

/** Who did something, out of `user:<id>`, `api_key:<id>` or `door:<name>`: by name, as far as the session may know names. */
export function Actor({ actor }: { actor: string }) {
  const [kind, id] = actor.split(':', 2);
  const mayReadKeys = useMay('keys:read');
  const { data: keys } = useInfiniteQuery({ ...apiKeysQuery, enabled: kind === 'api_key' && mayReadKeys });

  if (kind === 'user') return <PersonName id={id ?? null} />;
  if (kind === 'door') return id === 'typeform' ? 'Typeform' : 'Google Ads';
  if (kind === 'api_key') {
    const name = keys?.find((key) => key.id === id)?.name;
    return name === undefined ? 'An API key' : `API key ${name}`;
  }
  if (kind === 'form') return 'A form';
  return 'Fairlead';
}
