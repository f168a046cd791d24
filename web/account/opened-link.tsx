import { Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { linkQuery, type OpenedLink } from '../api/account-queries.ts';
import { ApiError } from '../api/client.ts';
import { paths } from '../paths.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { useLinkToken } from './link-token.ts';

/** Loads the link of the URL and shows its page, or an error for an invalid link. */
export function WithLink({
  kind,
  staleHint,
  children,
}: {
  kind: OpenedLink['kind'];
  /** What to do if the link is no longer valid. */
  staleHint: string;
  children: (link: OpenedLink, token: string) => ReactNode;
}) {
  const token = useLinkToken();
  const { data: link, error, refetch } = useQuery({ ...linkQuery(token ?? ''), enabled: token !== null });
  const isStale =
    token === null ||
    (error instanceof ApiError && error.status === 404) ||
    (link !== undefined && link.kind !== kind);
  if (isStale) return <StaleLink hint={staleHint} />;
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  return link ? children(link, token) : <Loader size="sm" aria-label="Loading" />;
}

function StaleLink({ hint }: { hint: string }) {
  return (
    <Stack gap="sm">
      <Title order={1}>This link is not valid</Title>
      <Text size="sm">It was already used, has expired, or is incomplete. {hint}</Text>
      <TextLink {...paths.signIn()} size="sm">
        Go to sign in
      </TextLink>
    </Stack>
  );
}
