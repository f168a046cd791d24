import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { ApiError } from '../api/client.ts';

/** An error message with the request id, which the server log contains. */
export function ErrorPanel({ error, retry }: { error: Error; retry?: () => void }) {
  const requestId = requestIdOf(error);
  return (
    <Alert color="red" icon={<IconAlertCircle size={18} />} title={titleOf(error)} role="alert">
      <Text size="sm">{error.message}</Text>
      {requestId !== null && (
        <Text size="xs" c="dimmed" mt={4}>
          Request <Code>{requestId}</Code>
        </Text>
      )}
      {retry && isRetryable(error) && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}

function titleOf(error: Error): string {
  if (!(error instanceof ApiError)) return 'Something went wrong on this page';
  if (error.status === 0) return 'No connection';
  if (error.status === 403) return 'Not allowed';
  if (error.status === 404) return 'Not found';
  if (error.status === 429) return 'Too many requests';
  return error.status >= 500 ? 'Server error' : 'Request failed';
}

/** A wrong password needs no request id. */
function requestIdOf(error: Error): string | null {
  return error instanceof ApiError && error.status !== 401 ? error.requestId : null;
}

/** True if a retry may succeed; 403 and 404 are permanent. */
function isRetryable(error: Error): boolean {
  return !(error instanceof ApiError && (error.status === 403 || error.status === 404));
}
