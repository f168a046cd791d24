import { Box } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ErrorPanel } from './error-panel.tsx';

/** Shown in place of a page that failed to load. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Box p="xl" maw="40rem" mx="auto">
      <ErrorPanel error={error as Error} retry={retry} />
    </Box>
  );
}
