import { Box } from '@mantine/core';
import { IconCompassOff } from '@tabler/icons-react';
import { paths } from '../paths.ts';
import { EmptyState } from './empty-state.tsx';
import { ButtonLink } from './router-links.tsx';

export function NotFoundPage() {
  return (
    <Box p="xl">
      <EmptyState icon={IconCompassOff} title="There is no such page">
        The address may be mistyped, or what was here is gone.
        <ButtonLink {...paths.home()} variant="default">
          Go to the start
        </ButtonLink>
      </EmptyState>
    </Box>
  );
}
