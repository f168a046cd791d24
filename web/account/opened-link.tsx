import { Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { linkQuery, type OpenedLink } from '../api/account-queries.ts';
import { ApiError } from '../api/client.ts';
import { paths } from '../paths.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { useLinkToken } from './link-token.ts';

/** Looks up what the link in the address bar is for, and shows its page, or why there is none. */
export function WithLink({
  kind,
  stale,
  children,
}: {
  kind: OpenedLink['kind'];
  /** What to do where the link can not be used any more. */
  stale: string;
  children: (link: OpenedLink, token: string) => ReactNode;
}) {
  const token = useLinkToken();
  const { data: link, error, refetch } = useQuery({ ...linkQuery(token ?? ''), enabled: token !== null });
  const gone =
    token === null ||
    (error instanceof ApiError && error.status === 404) ||
    (link !== undefined && link.kind !== kind);
  if (gone) return <StaleLink what={stale} />;
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  return link ? children(link, token) : <Loader size="sm" aria-label="Loading" />;
}

function StaleLink({ what }: { what: string }) {
  return (
    <Stack gap="sm">
      <Title order={1}>This link can not be used</Title>
      <Text size="sm">It was used already, has expired, or is not complete. {what}</Text>
      <TextLink {...paths.signIn()} size="sm">
        Go to sign in
      </TextLink>
    </Stack>
  );
}
