import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { ApiError } from '../api/client.ts';

/** An error in the API's words, with the id by which the server's log knows the request. */
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
      {retry && isPassing(error) && (
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
  return error.status >= 500 ? 'The server could not answer' : 'That did not work';
}

/** Nobody looks a mistyped password up in a log. */
function requestIdOf(error: Error): string | null {
  return error instanceof ApiError && error.status !== 401 ? error.requestId : null;
}

/** Whether the same may work a moment later: what is forbidden or missing stays so. */
function isPassing(error: Error): boolean {
  return !(error instanceof ApiError && (error.status === 403 || error.status === 404));
}
