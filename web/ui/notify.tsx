import { notifications } from '@mantine/notifications';
import { ApiError, isConflict } from '../api/client.ts';

/** Shows a success notification. */
export function notifyDone(message: string): void {
  notifications.show({ message, withBorder: true, color: 'harbour' });
}

/** Shows an error notification, for actions outside a form. */
export function notifyError(error: Error): void {
  if (isConflict(error)) return notifyConflict();
  const id = error instanceof ApiError && error.requestId ? ` (request ${error.requestId})` : '';
  notifications.show({
    title: 'Request failed',
    message: `${error.message}${id}`,
    color: 'red',
    withBorder: true,
    autoClose: 10_000,
  });
}

function notifyConflict(): void {
  notifications.show({
    title: 'Changed by someone else',
    message: 'Someone else saved a newer version, which is shown now. Try again if needed.',
    color: 'yellow',
    withBorder: true,
    autoClose: 10_000,
  });
}

/**
 * Shows the result of an action from a menu or a row. These may unmount before the action ends, and a mutation's own
 * callbacks with them.
 */
export function notifyWhenDone<T>(work: Promise<T>, onDone: (result: T) => void): void {
  work.then(onDone, notifyError);
}
