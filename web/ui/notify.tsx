import { notifications } from '@mantine/notifications';
import { ApiError } from '../api/client.ts';

/** Says, at the edge of the page, that something was done. */
export function tellDone(message: string): void {
  notifications.show({ message, withBorder: true, color: 'harbour' });
}

/** Says what went wrong where no form is there to show it. */
export function tellError(error: Error): void {
  const id = error instanceof ApiError && error.requestId ? ` (request ${error.requestId})` : '';
  notifications.show({
    title: 'That did not work',
    message: `${error.message}${id}`,
    color: 'red',
    withBorder: true,
    autoClose: 10_000,
  });
}
