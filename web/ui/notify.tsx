import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ApiError, isConflict } from '../api/client.ts';

/** Shows a success notification. @param action a button in it, such as Undo; it then stays for 10 seconds */
export function notifyDone(message: string, action?: { label: string; run: () => void }): void {
  if (!action) {
    notifications.show({ message, withBorder: true, color: 'harbour' });
    return;
  }
  const id = notifications.show({
    message: (
      <Group justify="space-between" wrap="nowrap">
        {message}
        <Button
          size="compact-sm"
          variant="light"
          onClick={() => {
            notifications.hide(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      </Group>
    ),
    withBorder: true,
    color: 'harbour',
    autoClose: 10_000,
  });
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
