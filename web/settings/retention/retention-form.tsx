import { Alert, Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useChangeRetention, type Retention, type RetentionTerm } from '../../api/retention-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { dateRangeText } from '../../ui/format.ts';

interface Values {
  /** Days; empty for the default of the installation. */
  event_days: number | '';
  attempt_days: number | '';
}

/** Edits both retention periods. Warns and asks for confirmation if a shorter period deletes data. */
export function RetentionForm({ retention }: { retention: Retention }) {
  const { mutateAsync: change } = useChangeRetention();
  const { least_days: min, most_days: max } = retention;
  const api = useApiForm<Values>(
    { event_days: retention.event_days ?? '', attempt_days: retention.attempt_days ?? '' },
    async (values) => {
      const term = toTerm(values);
      const losses = lossesOf(term, retention);
      if (losses.length > 0 && !(await confirmLosses(losses))) return;
      await change(term);
      notifyDone('Retention periods saved');
    },
  );
  const { form } = api;
  const losses = lossesOf(toTerm(form.values), retention);
  const days = (name: keyof Values, label: string, description: string) => (
    <NumberInput
      label={label}
      description={description}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      placeholder={`${max}`}
      suffix=" days"
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      hideControls
      min={min}
      max={max}
      {...form.getInputProps(name)}
    />
  );
  return (
    <form onSubmit={api.onSubmit} aria-label="Retention periods">
      <Stack gap="md">
        {api.error && <ErrorPanel error={api.error} />}
        <Group grow align="flex-start">
          {days('event_days', 'Events', 'For the event feed, replays and resends.')}
          {days('attempt_days', 'Delivery attempts', 'For the delivery log.')}
        </Group>
        {losses.length > 0 && (
          <Alert color="red" icon={<IconTrash size={18} />}>
            <Losses losses={losses} />
          </Alert>
        )}
        <Group gap="sm" align="center">
          <Button type="submit" variant="default" loading={api.busy} disabled={!form.isDirty()}>
            Save
          </Button>
          <Text size="xs" c="dimmed">
            {min} to {max} days. Leave empty for the default of {max} days.
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function toTerm({ event_days: events, attempt_days: attempts }: Values): RetentionTerm {
  return { event_days: events === '' ? null : events, attempt_days: attempts === '' ? null : attempts };
}

/** Data that a shorter period deletes. */
interface Loss {
  what: string;
  /** Milliseconds since 1970: the oldest item, and the start of the period. */
  from: number;
  before: number;
}

const DAY_MS = 86_400_000;

/** The data that the new period deletes and the current one keeps. Empty for a period that the API rejects. */
function lossesOf(term: RetentionTerm, { size, ...current }: Retention): Loss[] {
  const lossOf = (
    what: string,
    days: number | null,
    currentDays: number | null,
    oldest: string | null,
  ): Loss[] => {
    const period = days ?? current.most_days;
    if (oldest === null || period < current.least_days || period >= (currentDays ?? current.most_days))
      return [];
    const before = Date.now() - period * DAY_MS;
    return Date.parse(oldest) < before ? [{ what, from: Date.parse(oldest), before }] : [];
  };
  return [
    ...lossOf('events', term.event_days, current.event_days, size.oldest_event_at),
    ...lossOf('delivery attempts', term.attempt_days, current.attempt_days, size.oldest_attempt_at),
  ];
}

function Losses({ losses }: { losses: readonly Loss[] }) {
  return losses.map(({ what, from, before }) => (
    <div key={what}>
      This deletes {what} from {dateRangeText(from, before)}.
    </div>
  ));
}

/** Asks for confirmation; the deletion cannot be undone. */
function confirmLosses(losses: readonly Loss[]): Promise<boolean> {
  return new Promise((resolve) => {
    confirm({
      title: `Delete older ${losses.map(({ what }) => what).join(' and ')}?`,
      text: (
        <>
          <Losses losses={losses} />
          {losses.some(({ what }) => what === 'events') &&
            'Programs that have not read them yet will miss them.'}
        </>
      ),
      action: 'Shorten and delete',
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
    });
  });
}
