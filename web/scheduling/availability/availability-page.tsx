import { Select, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { availabilityQuery, schedulesQuery } from '../../api/availability-queries.ts';
import { useHasScope, useSession } from '../../api/session-queries.ts';
import { useMembers } from '../../record/person.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { today, utcOf } from '../../ui/format.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { AppointmentsOff } from '../appointments/appointments-off.tsx';
import { addDays } from '../calendar/calendar-days.ts';
import classes from './availability-page.module.css';
import { BusyCalendars, CalendarFeeds } from './calendar-section.tsx';
import { HoursForm } from './hours-form.tsx';
import { TimeOffSection } from './time-off-section.tsx';

/** When a member can be booked. Those who manage booking pages set it for all members. */
export function AvailabilityPage() {
  const { user } = useSession();
  const members = useMembers();
  const mayManage = useHasScope('booking:manage');
  const [userId, setUserId] = useState(user.id);
  return (
    <>
      <PageHeader
        intro="Guests book only times within these hours at which nothing else is planned."
        actions={
          mayManage &&
          members.length > 1 && (
            <Select
              aria-label="Member"
              data={members.map(({ id, name }) => ({
                value: id,
                label: id === user.id ? `${name} (you)` : name,
              }))}
              value={userId}
              onChange={(chosen) => chosen !== null && setUserId(chosen)}
              allowDeselect={false}
            />
          )
        }
      />
      <AppointmentsOff />
      <Availability key={userId} userId={userId} />
    </>
  );
}

function Availability({ userId }: { userId: string }) {
  const { user } = useSession();
  const mayManage = useHasScope('booking:manage');
  const mayReadFeeds = useHasScope('appointments:read');
  // One query for the whole visit.
  const [range] = useState(() => ({
    from: utcOf(`${today()} 00:00:00`),
    to: utcOf(`${addDays(today(), 1)} 00:00:00`),
  }));
  const availability = useQuery(availabilityQuery(userId, range.from, range.to));
  const schedules = useQuery(schedulesQuery(userId));
  const error = availability.error ?? schedules.error;
  const schedule = schedules.data?.find((item) => item.is_default) ?? null;
  return (
    <div className={classes.body}>
      {error && <ErrorPanel error={error} retry={() => void schedules.refetch()} />}
      {(!availability.data || !schedules.data) && !error && <Skeleton height={320} />}
      {availability.data && schedules.data && (
        <>
          <HoursForm schedule={schedule} userId={userId} hours={schedule ?? availability.data.schedule} />
          <TimeOffSection userId={userId} />
          {(mayManage || userId === user.id) && <BusyCalendars calendars={availability.data.calendars} />}
        </>
      )}
      {mayReadFeeds && <CalendarFeeds userId={userId} />}
    </div>
  );
}
