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
import { numberText, separators } from '../../ui/format.ts';

/** The hourly limit of leads. */
export function LeadLimit() {
  const { data: settings, error, refetch } = useQuery(leadSettingsQuery);
  const mayManage = useHasScope('workspace:manage');
  return (
    <section aria-labelledby="limit-title">
      <Title order={2} id="limit-title">
        Leads per hour
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Above this limit, leads of other apps are refused until the hour is over. It protects the workspace
        from bots and broken integrations.
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
      notifyDone('Limit saved');
    },
  );
  const reset = () => notifyWhenDone(change({ leads_per_hour: null }), () => notifyDone('Limit saved'));
  return (
    <form onSubmit={api.onSubmit}>
      <Stack gap="sm">
        {api.error && <ErrorPanel error={api.error} />}
        <NumberInput
          label="Maximum"
          description={
            settings.is_default ? 'Default of this installation. 0 means no limit.' : '0 means no limit.'
          }
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          styles={{ input: { maxWidth: '10rem' } }}
          min={0}
          max={1_000_000}
          allowDecimal={false}
          hideControls
          {...separators()}
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
              Reset to default
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function limitText({ leads_per_hour: limit }: LeadSettings): string {
  return limit === 0 ? 'No limit.' : `At most ${numberText(limit)} leads per hour.`;
}
