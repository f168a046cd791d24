import { Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { deals, type Deal } from '../../api/deal-queries.ts';
import { CompanyPicker, ContactPicker } from '../record-picker.tsx';
import { PersonPicker } from '../person.tsx';
import { RecordDrawer } from '../record-drawer.tsx';
import { useRecordForm } from '../use-record-form.ts';
import { MoneyFields, StageFields } from './deal-fields.tsx';

const toFormValues = (deal: Deal | null) => ({
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

/** Creates or edits a deal. Its page has separate buttons for won and lost. */
export function DealForm({
  deal,
  onClose,
  onSaved,
}: {
  deal: Deal | null;
  onClose: () => void;
  onSaved: (deal: Deal) => void;
}) {
  const api = useRecordForm(deals, deal, toFormValues, onSaved);
  const { form } = api;
  return (
    <RecordDrawer noun="deal" isNew={deal === null} api={api} onClose={onClose}>
      <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
      <MoneyFields value={form.getInputProps('value')} currency={form.getInputProps('currency')} />
      <StageFields
        pipeline={form.getInputProps('pipeline_id')}
        stage={form.getInputProps('stage_id')}
        onStage={(stage) => form.setValues(stage)}
      />
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
