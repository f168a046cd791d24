import { Button, Group, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useChangeWorkspace, type Workspace } from '../api/workspace-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { COUNTRIES, CURRENCIES, LOCALES, TIME_ZONES, withOption } from './workspace-options.ts';

type Values = Pick<Workspace, 'name' | 'slug' | 'currency' | 'default_country' | 'time_zone' | 'locale'>;

/** Edits the settings of the workspace; sends only what changed. */
export function WorkspaceForm({ workspace }: { workspace: Workspace }) {
  const { mutateAsync: change } = useChangeWorkspace();
  const { name, slug, currency, default_country, time_zone, locale } = workspace;
  const api = useApiForm<Values>(
    { name, slug, currency, default_country, time_zone, locale },
    async (values, form) => {
      const changed = Object.entries(values).filter(
        ([key, value]) => value !== workspace[key as keyof Values],
      );
      const saved = await change(Object.fromEntries(changed));
      form.setInitialValues({ ...values, ...pick(saved) });
      form.setValues(pick(saved));
      notifyDone('Workspace saved');
    },
  );
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
        <Group>
          <Button type="submit" loading={api.busy} disabled={!form.isDirty()}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function pick({ name, slug, currency, default_country, time_zone, locale }: Workspace): Values {
  return { name, slug, currency, default_country, time_zone, locale };
}
