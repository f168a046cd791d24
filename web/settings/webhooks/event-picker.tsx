import { Checkbox, Input, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { eventTypesQuery } from '../../api/event-type-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import classes from './event-picker.module.css';

/** One and the same for every render. */
const NONE: string[] = [];

/** Chooses event types: all of them as `*`, or one by one under what they are about. */
export function EventPicker({
  value = NONE,
  onChange,
  error,
}: {
  value?: string[];
  onChange: (events: string[]) => void;
  error?: ReactNode;
}) {
  const { data: types = [] } = useQuery(eventTypesQuery);
  // A format may have names of its own for what is chosen already.
  const own = value.filter((name) => name !== '*' && types.every((type) => type.name !== name));
  const groups = Map.groupBy([...types.map(({ name }) => name), ...own], (name) => name.split('.', 1)[0]!);
  const isAll = value.includes('*');

  const setGroup = (names: string[], checked: boolean) =>
    onChange(checked ? [...new Set([...value, ...names])] : value.filter((name) => !names.includes(name)));

  return (
    <Input.Wrapper component="fieldset" label="Events" error={error} className={classes.root}>
      <Stack gap="md">
        <Checkbox
          label="All events"
          description="Those of the format’s own list, and what is added to it later."
          checked={isAll}
          onChange={(event) => onChange(event.currentTarget.checked ? ['*'] : [])}
        />
        {!isAll &&
          Array.from(groups, ([object, names]) => {
            const chosen = names.filter((name) => value.includes(name));
            return (
              <div key={object}>
                <Checkbox
                  label={fieldLabel(object)}
                  classNames={{ label: classes.group! }}
                  checked={chosen.length === names.length}
                  indeterminate={chosen.length > 0 && chosen.length < names.length}
                  onChange={(event) => setGroup(names, event.currentTarget.checked)}
                />
                <div className={classes.types}>
                  {names.map((name) => (
                    <Checkbox
                      key={name}
                      size="xs"
                      label={name}
                      classNames={{ label: 'mono' }}
                      checked={value.includes(name)}
                      onChange={(event) => setGroup([name], event.currentTarget.checked)}
                    />
                  ))}
                </div>
              </div>
            );
          })}
      </Stack>
    </Input.Wrapper>
  );
}
