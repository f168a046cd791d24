import { Alert, Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useChangeRetention, type Retention, type RetentionTerm } from '../../api/retention-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

interface Values {
  /** Days; empty: as long as the installation keeps them. */
  event_days: number | '';
  attempt_days: number | '';
}

/** Both terms. What a shorter one deletes is said while it is typed, and asked about before it is saved. */
export function RetentionForm({ retention }: { retention: Retention }) {
  const { mutateAsync: change } = useChangeRetention();
  const { least_days: least, most_days: most } = retention;
  const api = useApiForm<Values>(
    { event_days: retention.event_days ?? '', attempt_days: retention.attempt_days ?? '' },
    async (values) => {
      const term = termOf(values);
      const losses = lossesOf(term, retention);
      if (losses.length > 0 && !(await isMeant(losses))) return;
      await change(term);
      notifyDone('The terms were changed.');
    },
  );
  const { form } = api;
  const losses = lossesOf(termOf(form.values), retention);
  const days = (name: keyof Values, label: string, description: string) => (
    <NumberInput
      label={label}
      description={description}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      placeholder={`${most}`}
      suffix=" days"
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      hideControls
      min={least}
      max={most}
      {...form.getInputProps(name)}
    />
  );
  return (
    <form onSubmit={api.onSubmit} aria-label="Terms">
      <Stack gap="md">
        {api.error && <ErrorPanel error={api.error} />}
        <Group grow align="flex-start">
          {days('event_days', 'Events', 'The feed, and what a replay or a resend can send again.')}
          {days('attempt_days', 'Delivery attempts', 'The delivery log.')}
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
            {least} to {most} days. Left empty: {most}, as the installation keeps them.
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function termOf({ event_days: events, attempt_days: attempts }: Values): RetentionTerm {
  return { event_days: events === '' ? null : events, attempt_days: attempts === '' ? null : attempts };
}

/** Something that a term deletes. */
interface Loss {
  what: string;
  /** Milliseconds: from the oldest to where it begins to be kept. */
  from: number;
  before: number;
}

const DAY_MS = 86_400_000;

/** What is deleted by a term that would be kept by the one there is. A term that the API refuses deletes nothing. */
function lossesOf(term: RetentionTerm, { size, ...current }: Retention): Loss[] {
  const of = (what: string, days: number | null, kept: number | null, oldest: string | null): Loss[] => {
    const requested = days ?? current.most_days;
    if (oldest === null || requested < current.least_days || requested >= (kept ?? current.most_days))
      return [];
    const before = Date.now() - requested * DAY_MS;
    return Date.parse(oldest) < before ? [{ what, from: Date.parse(oldest), before }] : [];
  };
  return [
    ...of('events', term.event_days, current.event_days, size.oldest_event_at),
    ...of('delivery attempts', term.attempt_days, current.attempt_days, size.oldest_attempt_at),
  ];
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

function Losses({ losses }: { losses: readonly Loss[] }) {
  return losses.map(({ what, from, before }) => (
    <div key={what}>
      This deletes the {what} from {DATE.formatRange(from, before)}: all that are older than the term.
    </div>
  ));
}

/** Asks; what is deleted can not be had back. */
function isMeant(losses: readonly Loss[]): Promise<boolean> {
  return new Promise((resolve) => {
    confirm({
      title: `Delete older ${losses.map(({ what }) => what).join(' and ')}?`,
      text: (
        <>
          <Losses losses={losses} />
          {losses.some(({ what }) => what === 'events') &&
            'A program that follows the feed and has not read them yet is told so with a 410.'}
        </>
      ),
      action: 'Shorten and delete',
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
    });
  });
}
