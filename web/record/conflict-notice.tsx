import { Alert, Button, Group, Text } from '@mantine/core';
import { IconArrowsSplit2 } from '@tabler/icons-react';

/** Warns that another user saved the record first. Loading their version keeps the local edits. */
export function ConflictNotice({ noun, load }: { noun: string; load: () => void }) {
  return (
    <Alert
      color="yellow"
      icon={<IconArrowsSplit2 size={18} />}
      title={`This ${noun} was changed by someone else`}
      role="alert"
    >
      <Text size="sm">
        Load their version. The fields that you edited keep your values; the other fields take theirs. Then
        save again.
      </Text>
      <Group mt="sm">
        <Button size="xs" variant="default" onClick={load}>
          Load their changes
        </Button>
      </Group>
    </Alert>
  );
}
