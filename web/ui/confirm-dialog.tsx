import { Button, getDefaultZIndex, Group, Modal, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Confirmation } from './confirm.tsx';

/** The dialog of `confirm`. @param onClosed is called when it has disappeared */
export function ConfirmDialog({
  title,
  text,
  action,
  isHarmless,
  onConfirm,
  onCancel,
  onClosed,
}: Confirmation & { onClosed: () => void }) {
  const [isOpen, setOpen] = useState(false);
  // After the first drawing: the dialog then returns the focus to where it was.
  useEffect(() => setOpen(true), []);
  const close = () => {
    setOpen(false);
    // Also called after a confirmation, when the promise is already resolved.
    onCancel?.();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      onExitTransitionEnd={onClosed}
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
