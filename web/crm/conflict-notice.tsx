import { Alert, Button, Group, Text } from '@mantine/core';
import { IconArrowsSplit2 } from '@tabler/icons-react';

/** Somebody else was faster: their change and ours both stay. */
export function ConflictNotice({ noun, load }: { noun: string; load: () => void }) {
  return (
    <Alert
      color="yellow"
      icon={<IconArrowsSplit2 size={18} />}
      title={`This ${noun} was changed meanwhile`}
      role="alert"
    >
      <Text size="sm">
        Someone saved another version while you were editing. Load it: what you typed stays, the other fields
        take their values. Then save again.
      </Text>
      <Group mt="sm">
        <Button size="xs" variant="default" onClick={load}>
          Load their changes
        </Button>
      </Group>
    </Alert>
  );
}
