import { Checkbox, Input, Select, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useEventNames } from '../../api/event-type-queries.ts';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import classes from './event-picker.module.css';

interface EventPickerProps {
  format: WebhookFormat;
  value?: string[];
  onChange: (events: string[]) => void;
  error?: ReactNode;
}

/** A stable default value. */
const NONE: string[] = [];

/** Selects event types by their names in the format: one, several, or `*` for all. */
export function EventPicker({ format, value = NONE, onChange, error }: EventPickerProps) {
  const names = useEventNames(format.name);
  if (format.one_event) {
    return (
      <Select
        label="Event"
        description="This format allows one event type per webhook."
        data={names.map((name) => ({ value: name, label: eventLabel(name) }))}
        value={value[0] ?? null}
        onChange={(name) => onChange(name === null ? [] : [name])}
        error={error}
        searchable
        required
      />
    );
  }
  const isAll = value.includes('*');
  return (
    <Input.Wrapper component="fieldset" label="Events" error={error} className={classes.root}>
      <Stack gap="md">
        <Checkbox
          label="All events"
          description="All events of this format, including future ones."
          checked={isAll}
          onChange={(event) => onChange(event.currentTarget.checked ? ['*'] : [])}
        />
        {!isAll &&
          Array.from(
            Map.groupBy(names, (name) => name.split('.', 1)[0]!),
            ([object, group]) => (
              <EventGroup key={object} object={object} names={group} value={value} onChange={onChange} />
            ),
          )}
      </Stack>
    </Input.Wrapper>
  );
}

/** `contact.tag_added` as in `Contact tag added`. */
function eventLabel(name: string): string {
  return fieldLabel(name.replaceAll('.', ' '));
}

/** The event types of one object, with a checkbox for all. */
function EventGroup({
  object,
  names,
  value,
  onChange,
}: {
  object: string;
  names: string[];
  value: string[];
  onChange: (events: string[]) => void;
}) {
  const selected = names.filter((name) => value.includes(name));
  const set = (changed: string[], checked: boolean) =>
    onChange(
      checked ? [...new Set([...value, ...changed])] : value.filter((name) => !changed.includes(name)),
    );
  return (
    <div>
      <Checkbox
        label={fieldLabel(object)}
        classNames={{ label: classes.group }}
        checked={selected.length === names.length}
        indeterminate={selected.length > 0 && selected.length < names.length}
        onChange={(event) => set(names, event.currentTarget.checked)}
      />
      <div className={classes.types}>
        {names.map((name) => (
          <Checkbox
            key={name}
            size="xs"
            label={eventLabel(name)}
            title={name}
            checked={value.includes(name)}
            onChange={(event) => set([name], event.currentTarget.checked)}
          />
        ))}
      </div>
    </div>
  );
}
