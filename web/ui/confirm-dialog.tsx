import { Button, getDefaultZIndex, Group, Modal, Text } from '@mantine/core';
import { useMounted } from '@mantine/hooks';
import { useState } from 'react';
import type { Confirmation } from './confirm.tsx';

/** The dialog of `confirm`. */
export function ConfirmDialog({ title, text, action, isHarmless, onConfirm, onCancel }: Confirmation) {
  // After the first drawing: the dialog then returns the focus to where it was.
  const isDrawn = useMounted();
  const [isClosed, setClosed] = useState(false);
  const close = () => {
    setClosed(true);
    // Also called after a confirmation, when the promise is already resolved.
    onCancel?.();
  };
  return (
    <Modal
      opened={isDrawn && !isClosed}
      onClose={close}
      title={title}
      // Above the drawer that it was opened from.
      zIndex={getDefaultZIndex('modal') + 1}
    >
      <Text size="sm" mb="md">
        {text}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          {...(!isHarmless && { color: 'red' })}
          onClick={() => {
            onConfirm();
            close();
          }}
        >
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
