import { Box } from '@mantine/core';
import { IconCompassOff } from '@tabler/icons-react';
import { paths } from '../paths.ts';
import { EmptyState } from './empty-state.tsx';
import { ButtonLink } from './router-links.tsx';

export function NotFoundPage() {
  return (
    <Box p="xl">
      <EmptyState icon={IconCompassOff} title="Page not found">
        The URL may be wrong, or the page was removed.
        <ButtonLink {...paths.home()} variant="default">
          Go to the home page
        </ButtonLink>
      </EmptyState>
    </Box>
  );
}
