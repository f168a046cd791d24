import { Alert, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { IconCheck, IconCopy, IconEye } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './secret-modal.module.css';
import { useCopy } from './use-copy.ts';

/** Shows a secret that the API returns once. Only its button closes it. */
export function SecretModal({
  title,
  label,
  secret,
  onDone,
  children,
}: {
  title: string;
  /** The kind of secret, as in `API key`. */
  label: string;
  secret: string;
  onDone: () => void;
  /** What to do with it. */
  children: ReactNode;
}) {
  const { copied, copy } = useCopy();
  return (
    <Modal
      opened
      onClose={onDone}
      title={title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      size="lg"
    >
      <Stack>
        <Alert icon={<IconEye size={18} />} color="yellow">
          {children}
        </Alert>
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            label={label}
            value={secret}
            readOnly
            classNames={{ root: classes.field!, input: classes.secret! }}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button
            data-autofocus
            variant="default"
            leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
            onClick={() => void copy(secret)}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        </Group>
        <Group justify="flex-end">
          <Button onClick={onDone}>I have stored it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
