import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';

/** Asks before something that can not be taken back. */
export function confirm(question: {
  title: string;
  text: ReactNode;
  /** What the button says: the deed by its name. */
  action: string;
  /** Nothing is lost by it. */
  harmless?: boolean;
  onConfirm: () => void;
  /** Also where the question is closed. */
  onCancel?: () => void;
}): void {
  modals.openConfirmModal({
    title: question.title,
    children: <Text size="sm">{question.text}</Text>,
    labels: { confirm: question.action, cancel: 'Cancel' },
    confirmProps: question.harmless ? {} : { color: 'red' },
    onConfirm: question.onConfirm,
    // After a confirmation, too; whoever waits has its answer by then.
    onClose: () => question.onCancel?.(),
  });
}
