import { Button, SegmentedControl, Skeleton, Text, Title } from '@mantine/core';
import { IconClock, IconMapPin, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bookingSlotsQuery, type BookingPage } from '../../api/booking-page-queries.ts';
import { useMembers } from '../../record/person.tsx';
import { styledText, workspaceTimeZone } from '../../ui/format.ts';
import { clockText, zoneText } from '../appointments/appointment-time.ts';
import classes from './booking-page-editor.module.css';
import type { DraftValues } from './booking-page-draft.ts';
import { minutesText } from './minutes-select.tsx';

const DAYS_SHOWN = 4;
const TIMES_SHOWN = 12;

const LOCATIONS = {
  in_person: 'In person',
  phone: 'By telephone',
  link: 'Online',
  ask: 'Where you like',
};

/** What guests see: the draft as it is typed, and the free times of the saved page. */
export function BookingPagePreview({
  values,
  page,
  isChanged,
}: {
  values: DraftValues;
  page: BookingPage | null;
  isChanged: boolean;
}) {
  const [chosen, choose] = useState<number | null>(null);
  const duration = chosen !== null && values.duration_min.includes(chosen) ? chosen : values.duration_min[0];
  const questions = values.questions.filter(({ type }) => type !== 'hidden');
  return (
    <aside className={classes.preview} aria-label="Preview">
      <Title order={2}>Preview</Title>
      <div className={classes.card}>
        <Title order={3}>{values.title || 'Untitled page'}</Title>
        {values.description && <p>{values.description}</p>}
        <Facts values={values} duration={duration} />
        {values.duration_min.length > 1 && (
          <SegmentedControl
            aria-label="Duration"
            size="xs"
            data={values.duration_min.map((minutes) => ({
              value: String(minutes),
              label: minutesText(minutes),
            }))}
            value={String(duration)}
            onChange={(minutes) => choose(Number(minutes))}
          />
        )}
        <Slots page={page} duration={duration} isChanged={isChanged} />
        <ul className={classes.questions} aria-label="What guests fill in">
          {['Name', 'Email'].map((label) => (
            <li key={label}>
              {label} <span>required</span>
            </li>
          ))}
          {questions.map(({ key, label, required }) => (
            <li key={key}>
              {label} {required && <span>required</span>}
            </li>
          ))}
        </ul>
        {/* It looks like the button of the page. */}
        <Button component="span" aria-hidden style={{ alignSelf: 'flex-start', pointerEvents: 'none' }}>
          {values.submit_label}
        </Button>
        {values.confirmation === 'manual' && (
          <Text size="xs" c="dimmed">
            A host confirms the time before it is final.
          </Text>
        )}
      </div>
    </aside>
  );
}

function Facts({ values, duration }: { values: DraftValues; duration: number | undefined }) {
  const members = useMembers();
  const names = values.hosts.flatMap((id) => members.find((member) => member.id === id)?.name ?? []);
  const place = values.location_kind === 'in_person' ? values.location_text : '';
  return (
    <ul className={classes.facts}>
      {duration !== undefined && (
        <li>
          <IconClock size={15} aria-hidden /> {minutesText(duration)}
        </li>
      )}
      <li>
        <IconMapPin size={15} aria-hidden /> {place || LOCATIONS[values.location_kind]}
      </li>
      {names.length > 0 && (
        <li>
          <IconUsers size={15} aria-hidden /> {names.join(', ')}
        </li>
      )}
    </ul>
  );
}

/** The first free times, in the workspace's time zone. */
function Slots({
  page,
  duration,
  isChanged,
}: {
  page: BookingPage | null;
  duration: number | undefined;
  isChanged: boolean;
}) {
  const isKnown = page !== null && duration !== undefined && page.duration_min.includes(duration);
  const { data, error } = useQuery({
    ...bookingSlotsQuery(page?.id ?? '', page?.version ?? 0, duration ?? 0, workspaceTimeZone()),
    enabled: isKnown,
  });
  if (!isKnown)
    return (
      <Text size="sm" c="dimmed">
        The free times appear once the page is saved.
      </Text>
    );
  if (error) return <Text size="sm">The free times could not be loaded: {error.message}</Text>;
  if (!data) return <Skeleton height={72} />;
  const days = Object.entries(data.slots).slice(0, DAYS_SHOWN);
  return (
    <div className={classes.slots}>
      <Text size="xs" c="dimmed">
        First free times, {zoneText(workspaceTimeZone())}
        {isChanged && '. Your changes count once they are saved.'}
      </Text>
      {days.length === 0 && <Text size="sm">No free time in the next weeks.</Text>}
      {days.map(([day, slots]) => (
        <section key={day} aria-label={dayName(day)}>
          <Text size="sm" fw={600}>
            {dayName(day)}
          </Text>
          <ul>
            {slots.slice(0, TIMES_SHOWN).map(({ start }) => (
              <li key={start}>{clockText(start)}</li>
            ))}
            {slots.length > TIMES_SHOWN && (
              <li className={classes.more}>{slots.length - TIMES_SHOWN} more</li>
            )}
          </ul>
        </section>
      ))}
    </div>
  );
}

function dayName(day: string): string {
  return styledText(Date.parse(day), { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
}
