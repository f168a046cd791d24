import { Group, Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import { leads, type Lead } from '../../api/lead-queries.ts';
import { useLeadStatuses } from '../../api/lead-status-queries.ts';
import { PersonPicker } from '../person.tsx';
import { RecordDrawer } from '../record-drawer.tsx';
import { useRecordForm } from '../use-record-form.ts';
import { EventTypeField, SourceField } from './lead-option-field.tsx';

/** The statuses that the API accepts for a new lead. */
const FIRST_STATUSES = new Set(['new', 'contacted', 'quoted']);

const toFormValues = (lead: Lead | null) => ({
  first_name: lead?.first_name ?? '',
  last_name: lead?.last_name ?? '',
  email: lead?.email ?? '',
  phone: lead?.phone ?? '',
  event_date: lead?.event_date ?? null,
  event_type: lead?.event_type ?? null,
  status: lead?.status ?? 'new',
  source: lead?.source ?? '',
  tags: lead?.tags ?? [],
  owner_id: lead?.owner_id ?? null,
  crm_lead_id: lead?.crm_lead_id ?? '',
  notes: lead?.notes ?? '',
});

/** Creates or edits a lead. */
export function LeadForm({
  lead,
  onClose,
  onSaved,
}: {
  lead: Lead | null;
  onClose: () => void;
  onSaved: (lead: Lead) => void;
}) {
  const api = useRecordForm(leads, lead, toFormValues, onSaved);
  const { form } = api;
  const isNew = lead === null;
  const statuses = useLeadStatuses().filter(({ key }) => !isNew || FIRST_STATUSES.has(key));
  return (
    <RecordDrawer noun="lead" isNew={isNew} api={api} onClose={onClose}>
      <Group grow align="flex-start">
        <TextInput label="First name" required={isNew} data-autofocus {...form.getInputProps('first_name')} />
        <TextInput label="Last name" {...form.getInputProps('last_name')} />
      </Group>
      <TextInput label="Email" type="email" required={isNew} {...form.getInputProps('email')} />
      <TextInput label="Phone" type="tel" required={isNew} {...form.getInputProps('phone')} />
      <Group grow align="flex-start">
        <DateInput
          label="Event date"
          valueFormat="YYYY-MM-DD"
          required={isNew}
          clearable={!isNew}
          {...form.getInputProps('event_date')}
        />
        <EventTypeField {...form.getInputProps('event_type')} />
      </Group>
      <Group grow align="flex-start">
        <Select
          label="Status"
          data={statuses.map(({ key, name }) => ({ value: key, label: name }))}
          allowDeselect={false}
          {...form.getInputProps('status')}
        />
        <SourceField {...form.getInputProps('source')} />
      </Group>
      <TagsInput
        label="Tags"
        placeholder="Press Enter to add"
        acceptValueOnBlur
        {...form.getInputProps('tags')}
      />
      <PersonPicker label="Owner" {...form.getInputProps('owner_id')} />
      <TextInput
        label="CRM lead ID"
        description="The lead’s ID in another CRM. Reports from that CRM are matched by it."
        {...form.getInputProps('crm_lead_id')}
      />
      <Textarea label="Notes" autosize minRows={3} maxRows={12} {...form.getInputProps('notes')} />
    </RecordDrawer>
  );
}
