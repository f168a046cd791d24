import { ActionIcon, Button, Group, Input, Stack, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';

export interface Header {
  name: string;
  value: string;
}

/** A stable default value. */
const NONE: Header[] = [];

/** Custom headers of each delivery. Their values are secret: the API returns them masked. */
export function HeaderFields({
  value = NONE,
  onChange,
  error,
}: {
  value?: Header[];
  onChange: (headers: Header[]) => void;
  error?: ReactNode;
}) {
  const change = (at: number, changed: Partial<Header>) =>
    onChange(value.map((header, index) => (index === at ? { ...header, ...changed } : header)));
  return (
    <Input.Wrapper component="fieldset" label="Headers" error={error} m={0} p={0} bd={0}>
      <Stack gap="xs" align="flex-start">
        {value.map((header, at) => (
          // The rows have no id and are never reordered.
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={at} gap="xs" wrap="nowrap" w="100%">
            <TextInput
              aria-label={`Name of header ${at + 1}`}
              placeholder="X-Api-Key"
              flex={1}
              value={header.name}
              onChange={(event) => change(at, { name: event.currentTarget.value.trim() })}
            />
            <TextInput
              aria-label={`Value of header ${at + 1}`}
              placeholder="Value"
              flex={1}
              value={header.value}
              onChange={(event) => change(at, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove header ${at + 1}`}
              onClick={() => onChange(value.filter((_header, index) => index !== at))}
            >
              <IconX size={15} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...value, { name: '', value: '' }])}
        >
          Add header
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}
