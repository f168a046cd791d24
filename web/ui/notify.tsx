import { notifications } from '@mantine/notifications';
import { ApiError, isConflict } from '../api/client.ts';

/** Says, at the edge of the page, that something was done. */
export function notifyDone(message: string): void {
  notifications.show({ message, withBorder: true, color: 'harbour' });
}

/** Says what went wrong where no form is there to show it. */
export function notifyError(error: Error): void {
  if (isConflict(error)) return notifyConflict();
  const id = error instanceof ApiError && error.requestId ? ` (request ${error.requestId})` : '';
  notifications.show({
    title: 'That did not work',
    message: `${error.message}${id}`,
    color: 'red',
    withBorder: true,
    autoClose: 10_000,
  });
}

function notifyConflict(): void {
  notifications.show({
    title: 'This was changed meanwhile',
    message: 'Someone saved another version. It is on view now; try again if you still want to.',
    color: 'yellow',
    withBorder: true,
    autoClose: 10_000,
  });
}

/**
 * Says what became of something. For what is asked for from a menu or a row: they may be gone by the time it is done,
 * and a mutation's own callbacks with them.
 */
export function notifyWhenDone<T>(work: Promise<T>, onDone: (result: T) => void): void {
  work.then(onDone, notifyError);
}
