import { ActionIcon, Group, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ClockRange } from '../../api/availability-queries.ts';
import classes from './availability-page.module.css';
import { endTime, inputTime, nextRange } from './working-hours.ts';

/** Edits the ranges of a day. @param name of the day, for screen readers */
export function RangeInputs({
  name,
  ranges,
  onChange,
}: {
  name: string;
  ranges: readonly ClockRange[];
  onChange: (ranges: ClockRange[]) => void;
}) {
  const set = (at: number, change: Partial<ClockRange>) =>
    onChange(ranges.map((range, index) => (index === at ? { ...range, ...change } : range)));
  return (
    <div className={classes.ranges}>
      {ranges.length === 0 && (
        <Text c="dimmed" className={classes.off}>
          Not available
        </Text>
      )}
      {ranges.map((range, at) => (
        // The inputs are controlled, so the index is safe as a key.
        // oxlint-disable-next-line react/no-array-index-key
        <Group key={at} gap={6} wrap="nowrap">
          <TextInput
            type="time"
            className={classes.time}
            aria-label={`${name}, start ${at + 1}`}
            value={range.start}
            onChange={({ currentTarget }) => currentTarget.value && set(at, { start: currentTarget.value })}
          />
          <span aria-hidden>–</span>
          <TextInput
            type="time"
            className={classes.time}
            aria-label={`${name}, end ${at + 1}`}
            error={range.end <= range.start}
            value={inputTime(range.end)}
            onChange={({ currentTarget }) =>
              currentTarget.value && set(at, { end: endTime(currentTarget.value) })
            }
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${name}, hours ${at + 1}`}
            onClick={() => onChange(ranges.filter((_range, index) => index !== at))}
          >
            <IconX size={15} />
          </ActionIcon>
        </Group>
      ))}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Add hours on ${name}`}
        title="Add hours"
        onClick={() => onChange([...ranges, nextRange(ranges)])}
      >
        <IconPlus size={15} />
      </ActionIcon>
    </div>
  );
}
