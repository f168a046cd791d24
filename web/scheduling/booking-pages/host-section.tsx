import { MultiSelect, SegmentedControl, Text } from '@mantine/core';
import { useMembers } from '../../record/person.tsx';
import { Section } from './booking-page-sections.tsx';
import type { BookingPageDraftApi } from './use-booking-page-draft.ts';

const MODES = [
  { value: 'round_robin', label: 'One of them' },
  { value: 'collective', label: 'All together' },
];

const MODE_TEXTS = {
  one: '',
  round_robin: 'Guests see the times at which at least one host is free. Bookings are shared out evenly.',
  collective: 'Guests see the times at which all hosts are free.',
};

/** Who takes the appointments. One host needs no choice of how they share them. */
export function HostSection({ api: { form, base } }: { api: BookingPageDraftApi }) {
  const members = useMembers();
  const known = new Map([
    ...(base?.host_settings ?? []).map(({ user_id: id, name }) => [id, name ?? 'Former member'] as const),
    ...members.map(({ id, name }) => [id, name] as const),
  ]);
  const { hosts, host_mode: mode } = form.values;
  const input = form.getInputProps('hosts');
  const setHosts = (chosen: string[]) => {
    form.setFieldValue('hosts', chosen);
    if (chosen.length <= 1) form.setFieldValue('host_mode', 'one');
    else if (mode === 'one') form.setFieldValue('host_mode', 'round_robin');
  };
  return (
    <Section title="Who">
      <MultiSelect
        label="Hosts"
        description="They set their hours under My availability."
        required
        searchable
        data={[...known].map(([value, label]) => ({ value, label }))}
        {...input}
        value={hosts}
        onChange={setHosts}
      />
      {hosts.length > 1 && (
        <div>
          <SegmentedControl
            aria-label="Who takes an appointment"
            data={MODES}
            value={mode}
            onChange={(chosen) => form.setFieldValue('host_mode', chosen as typeof mode)}
          />
          <Text size="xs" c="dimmed" mt={4}>
            {MODE_TEXTS[mode]}
          </Text>
        </div>
      )}
    </Section>
  );
}
