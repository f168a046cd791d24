import { Button, Group, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useChangeWorkspace, type Workspace } from '../api/workspace-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { COUNTRIES, CURRENCIES, LOCALES, TIME_ZONES, withOption } from './workspace-options.ts';

const KEYS = [
  'name',
  'slug',
  'currency',
  'default_country',
  'time_zone',
  'locale',
  'open_tracking',
  'click_tracking',
  'tracking_events',
] as const satisfies readonly (keyof Workspace)[];
type Values = Pick<Workspace, (typeof KEYS)[number]>;

const TRACKING = [
  { value: 'never', label: 'Never' },
  { value: 'on_request', label: 'If the email asks for it' },
  { value: 'always', label: 'Unless the email says otherwise' },
];
const TRACKING_EVENTS = [
  { value: 'first_human', label: 'For the first one by a person' },
  { value: 'first_any', label: 'For the first one, also by a machine' },
  { value: 'every', label: 'For each one' },
];

/** Edits the settings of the workspace; sends only what changed. */
export function WorkspaceForm({ workspace }: { workspace: Workspace }) {
  const { mutateAsync: change } = useChangeWorkspace();
  const { time_zone, locale } = workspace;
  const api = useApiForm<Values>(pick(workspace), async (values, form) => {
    const changed = Object.entries(values).filter(([key, value]) => value !== workspace[key as keyof Values]);
    const saved = await change(Object.fromEntries(changed));
    form.setInitialValues({ ...values, ...pick(saved) });
    form.setValues(pick(saved));
    notifyDone('Workspace saved');
  });
  const { form } = api;
  return (
    <form onSubmit={api.onSubmit} aria-label="Workspace">
      <Stack gap="md">
        {api.error && <ErrorPanel error={api.error} />}
        <TextInput label="Name" required maxLength={100} {...form.getInputProps('name')} />
        <TextInput
          label="Slug"
          description="A part of the URLs of public pages. URLs with a former slug still work."
          required
          maxLength={48}
          {...form.getInputProps('slug')}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          <Select
            label="Currency"
            description="For new deals."
            data={CURRENCIES}
            searchable
            allowDeselect={false}
            nothingFoundMessage="No such currency"
            {...form.getInputProps('currency')}
          />
          <Select
            label="Country"
            description="For local phone numbers."
            data={COUNTRIES}
            searchable
            clearable
            placeholder="None"
            nothingFoundMessage="No such country"
            {...form.getInputProps('default_country')}
          />
        </SimpleGrid>
        <Select
          label="Time zone"
          data={withOption(TIME_ZONES, time_zone)}
          searchable
          allowDeselect={false}
          nothingFoundMessage="No such time zone"
          {...form.getInputProps('time_zone')}
        />
        <Select
          label="Number and date format"
          data={withOption(LOCALES, locale)}
          searchable
          allowDeselect={false}
          nothingFoundMessage="No such format"
          {...form.getInputProps('locale')}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          <Select
            label="Track opens of emails"
            data={TRACKING}
            allowDeselect={false}
            {...form.getInputProps('open_tracking')}
          />
          <Select
            label="Track clicks in emails"
            data={TRACKING}
            allowDeselect={false}
            {...form.getInputProps('click_tracking')}
          />
        </SimpleGrid>
        <Select
          label="Events for opens and clicks"
          description="Mail scanners open and click most emails before people do."
          data={TRACKING_EVENTS}
          allowDeselect={false}
          {...form.getInputProps('tracking_events')}
        />
        <Group>
          <Button type="submit" loading={api.busy} disabled={!form.isDirty()}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function pick(workspace: Workspace): Values {
  return Object.fromEntries(KEYS.map((key) => [key, workspace[key]])) as Values;
}
