import { Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { deals, type Deal } from '../../api/deal-queries.ts';
import { CompanyPicker, ContactPicker } from '../record-picker.tsx';
import { PersonPicker } from '../person.tsx';
import { RecordDrawer } from '../record-drawer.tsx';
import { useRecordForm } from '../use-record-form.ts';
import { usePipelines } from './stage-name.tsx';

const CURRENCIES = Intl.supportedValuesOf('currency');

const valuesOf = (deal: Deal | null) => ({
  name: deal?.name ?? '',
  value: deal?.value ?? '',
  currency: deal?.currency ?? null,
  pipeline_id: deal?.pipeline_id ?? null,
  stage_id: deal?.stage_id ?? null,
  expected_close_date: deal?.expected_close_date ?? null,
  contact_id: deal?.contact_id ?? null,
  company_id: deal?.company_id ?? null,
  notes: deal?.notes ?? '',
  owner_id: deal?.owner_id ?? null,
});

/** Makes a deal, or changes one; winning and losing have buttons of their own on its page. */
export function DealForm({
  deal,
  onClose,
  onSaved,
}: {
  deal: Deal | null;
  onClose: () => void;
  onSaved: (deal: Deal) => void;
}) {
  const api = useRecordForm(deals, deal, valuesOf, onSaved);
  const { form } = api;
  const pipelines = usePipelines();
  const pipeline =
    pipelines.find(({ id }) => id === form.values.pipeline_id) ?? pipelines.find((one) => one.is_default);

  return (
    <RecordDrawer noun="deal" isNew={deal === null} api={api} onClose={onClose}>
      <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
      <Group grow align="flex-start">
        <NumberInput
          label="Value"
          min={0}
          decimalScale={4}
          thousandSeparator
          hideControls
          {...form.getInputProps('value')}
        />
        <Select
          label="Currency"
          data={CURRENCIES}
          placeholder="USD"
          searchable
          {...form.getInputProps('currency')}
        />
      </Group>
      <Group grow align="flex-start">
        <Select
          label="Pipeline"
          data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
          placeholder={pipeline?.name ?? ''}
          allowDeselect={false}
          {...form.getInputProps('pipeline_id')}
          // Another pipeline has other stages: the deal starts at its first one.
          onChange={(id) => {
            const first = pipelines.find((one) => one.id === id)?.stages[0]?.id ?? null;
            form.setValues({ pipeline_id: id, stage_id: first });
          }}
        />
        <Select
          label="Stage"
          data={pipeline?.stages.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          placeholder={pipeline?.stages[0]?.name ?? ''}
          allowDeselect={false}
          {...form.getInputProps('stage_id')}
        />
      </Group>
      <DateInput
        label="Expected close date"
        valueFormat="YYYY-MM-DD"
        clearable
        {...form.getInputProps('expected_close_date')}
      />
      <ContactPicker {...form.getInputProps('contact_id')} />
      <CompanyPicker {...form.getInputProps('company_id')} />
      <PersonPicker label="Owner" {...form.getInputProps('owner_id')} />
      <Textarea label="Notes" autosize minRows={3} maxRows={12} {...form.getInputProps('notes')} />
    </RecordDrawer>
  );
}
