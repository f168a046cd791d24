import { Button, Group, NumberInput, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  leadSettingsQuery,
  useChangeLeadSettings,
  type LeadSettings,
} from '../../api/lead-settings-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

/** How many leads an hour are taken. */
export function LeadLimit() {
  const { data: settings, error, refetch } = useQuery(leadSettingsQuery);
  const mayManage = useHasScope('workspace:manage');
  return (
    <section aria-labelledby="limit-title">
      <Title order={2} id="limit-title">
        Leads an hour
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Beyond this number the API answers 429, and says when to come back. It keeps a broken program, or a
        bot, from filling the workspace.
      </Text>
      {error && !settings && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!settings && !error && <Skeleton height={32} />}
      {settings && !mayManage && <Text>{limitText(settings)}</Text>}
      {settings && mayManage && <LimitForm key={String(settings.leads_per_hour)} settings={settings} />}
    </section>
  );
}

function LimitForm({ settings }: { settings: LeadSettings }) {
  const { mutateAsync: change } = useChangeLeadSettings();
  const api = useApiForm<{ leads_per_hour: number | string }>(
    { leads_per_hour: settings.leads_per_hour },
    async (values) => {
      await change({ leads_per_hour: Number(values.leads_per_hour) });
      notifyDone('The limit was changed.');
    },
  );
  const reset = () =>
    notifyWhenDone(change({ leads_per_hour: null }), () => notifyDone('The limit was changed.'));
  return (
    <form onSubmit={api.onSubmit}>
      <Stack gap="sm">
        {api.error && <ErrorPanel error={api.error} />}
        <NumberInput
          label="At most"
          description={
            settings.is_default ? 'The installation’s own; 0 takes any number.' : '0 takes any number.'
          }
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          styles={{ input: { maxWidth: '10rem' } }}
          min={0}
          max={1_000_000}
          allowDecimal={false}
          hideControls
          thousandSeparator=","
          required
          withAsterisk={false}
          {...api.form.getInputProps('leads_per_hour')}
        />
        <Group gap="xs">
          <Button type="submit" variant="default" loading={api.busy}>
            Save
          </Button>
          {!settings.is_default && (
            <Button variant="subtle" color="gray" onClick={reset}>
              Use the installation’s own
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function limitText({ leads_per_hour: most }: LeadSettings): string {
  return most === 0 ? 'Any number is taken.' : `At most ${most.toLocaleString()} leads an hour are taken.`;
}
