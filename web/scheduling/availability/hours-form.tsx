import { Button, Checkbox, Group, Select, Title } from '@mantine/core';
import { useState } from 'react';
import {
  useSaveSchedule,
  type ClockRange,
  type Schedule,
  type WorkingHours,
} from '../../api/availability-queries.ts';
import { isConflict } from '../../api/client.ts';
import { TIME_ZONES, withOption } from '../../settings/workspace-options.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { firstDayOfWeek, styledText } from '../../ui/format.ts';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './availability-page.module.css';
import { DateOverrides } from './date-overrides.tsx';
import { RangeInputs } from './range-inputs.tsx';
import { dateOfWeekday, rangesByWeekday, rulesOf, USUAL, weekdaysFrom } from './working-hours.ts';

/** Edits the weekly hours of a member, and the dates with other hours. */
export function HoursForm({
  schedule,
  userId,
  hours,
}: {
  /** Null: the member has none yet. */
  schedule: Schedule | null;
  userId: string;
  hours: WorkingHours;
}) {
  const { mutateAsync: save } = useSaveSchedule();
  const [base, setBase] = useState(schedule);
  const { time_zone, rules, overrides } = hours;
  const api = useApiForm<WorkingHours>({ time_zone, rules, overrides }, async (values, form) => {
    const saved = await save({ schedule: base, userId, hours: values });
    setBase(saved);
    form.resetDirty();
    notifyDone('Hours saved');
  });
  const { form } = api;
  const week = rangesByWeekday(form.values.rules);
  const setDay = (weekday: number, ranges: ClockRange[]) =>
    form.setFieldValue('rules', rulesOf({ ...week, [weekday]: ranges }));
  const isStale = api.error !== null && isConflict(api.error);
  return (
    <form onSubmit={api.onSubmit}>
      {api.error && (
        <ErrorPanel
          error={isStale ? new Error('Someone else changed these hours. Reload the page.') : api.error}
        />
      )}
      <Select
        label="Time zone"
        description="Your hours are times of this zone, wherever your guests are."
        data={withOption(TIME_ZONES, form.values.time_zone)}
        searchable
        allowDeselect={false}
        limit={50}
        className={classes.zone ?? ''}
        {...form.getInputProps('time_zone')}
      />
      <section aria-labelledby="weekly-hours" className={classes.part}>
        <Title order={2} id="weekly-hours">
          Weekly hours
        </Title>
        {weekdaysFrom(firstDayOfWeek()).map((weekday) => {
          const name = styledText(Date.parse(dateOfWeekday(weekday)), { weekday: 'long', timeZone: 'UTC' });
          const ranges = week[weekday] ?? [];
          return (
            <div key={weekday} className={classes.day}>
              <Checkbox
                className={classes.dayName ?? ''}
                label={name}
                checked={ranges.length > 0}
                onChange={({ currentTarget }) => setDay(weekday, currentTarget.checked ? [USUAL] : [])}
              />
              <RangeInputs name={name} ranges={ranges} onChange={(changed) => setDay(weekday, changed)} />
            </div>
          );
        })}
      </section>
      <section aria-labelledby="other-dates" className={classes.part}>
        <Title order={2} id="other-dates">
          Dates with other hours
        </Title>
        <DateOverrides
          value={form.values.overrides}
          onChange={(changed) => form.setFieldValue('overrides', changed)}
        />
      </section>
      <Group mt="lg">
        <Button type="submit" loading={api.busy} disabled={base !== null && !form.isDirty()}>
          Save hours
        </Button>
      </Group>
    </form>
  );
}
