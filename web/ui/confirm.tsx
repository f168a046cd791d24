import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';

/** Opens a confirmation dialog for an action that cannot be undone. */
export function confirm(options: {
  title: string;
  text: ReactNode;
  /** The label of the confirm button. */
  action: string;
  /** The action loses no data; the button is not red. */
  isHarmless?: boolean;
  onConfirm: () => void;
  /** Also called when the dialog is closed. */
  onCancel?: () => void;
}): void {
  modals.openConfirmModal({
    title: options.title,
    children: <Text size="sm">{options.text}</Text>,
    labels: { confirm: options.action, cancel: 'Cancel' },
    confirmProps: options.isHarmless ? {} : { color: 'red' },
    onConfirm: options.onConfirm,
    // Also called after a confirmation, when the promise is already resolved.
    onClose: () => options.onCancel?.(),
  });
}
