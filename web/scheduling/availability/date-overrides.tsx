import { ActionIcon, Button, Group, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { WorkingHours } from '../../api/availability-queries.ts';
import { styledText, today } from '../../ui/format.ts';
import classes from './availability-page.module.css';
import { RangeInputs } from './range-inputs.tsx';

type Overrides = WorkingHours['overrides'];

/** Dates with other hours than their weekday; those of the past stay as they are, and are not shown. */
export function DateOverrides({
  value,
  onChange,
}: {
  value: Overrides;
  onChange: (value: Overrides) => void;
}) {
  const [date, setDate] = useState('');
  const shown = value.filter((item) => item.date >= today());
  const isTaken = value.some((item) => item.date === date);
  const add = () => {
    if (date === '' || isTaken) return;
    onChange([...value, { date, ranges: [] }].sort((a, b) => (a.date < b.date ? -1 : 1)));
    setDate('');
  };
  return (
    <div className={classes.overrides}>
      {shown.map(({ date: day, ranges }) => (
        <div key={day} className={classes.day}>
          <span className={classes.dayName}>{dateName(day)}</span>
          <RangeInputs
            name={dateName(day)}
            ranges={ranges}
            onChange={(changed) =>
              onChange(value.map((item) => (item.date === day ? { ...item, ranges: changed } : item)))
            }
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${dateName(day)}`}
            onClick={() => onChange(value.filter((item) => item.date !== day))}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </div>
      ))}
      <Group gap="xs" align="flex-end">
        <TextInput
          type="date"
          label="Date"
          min={today()}
          value={date}
          onChange={({ currentTarget }) => setDate(currentTarget.value)}
          className={classes.date ?? ''}
        />
        <Button
          variant="default"
          leftSection={<IconPlus size={15} />}
          disabled={date === '' || isTaken}
          onClick={add}
        >
          Add date
        </Button>
      </Group>
      {isTaken && (
        <Text size="xs" c="dimmed">
          This date is in the list.
        </Text>
      )}
    </div>
  );
}

function dateName(day: string): string {
  return styledText(Date.parse(day), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}
