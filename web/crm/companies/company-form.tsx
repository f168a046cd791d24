import { Textarea, TextInput } from '@mantine/core';
import { companies, type Company } from '../../api/company-queries.ts';
import { PersonPicker } from '../person.tsx';
import { RecordDrawer } from '../record-drawer.tsx';
import { useRecordForm } from '../use-record-form.ts';

const toFormValues = (company: Company | null) => ({
  name: company?.name ?? '',
  website: company?.website ?? '',
  industry: company?.industry ?? '',
  email: company?.email ?? '',
  phone: company?.phone ?? '',
  address: company?.address ?? '',
  notes: company?.notes ?? '',
  owner_id: company?.owner_id ?? null,
});

/** Creates or edits a company. */
export function CompanyForm({
  company,
  onClose,
  onSaved,
}: {
  company: Company | null;
  onClose: () => void;
  onSaved: (company: Company) => void;
}) {
  const api = useRecordForm(companies, company, toFormValues, onSaved);
  const { form } = api;
  return (
    <RecordDrawer noun="company" isNew={company === null} api={api} onClose={onClose}>
      <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
      <TextInput label="Website" placeholder="https://" {...form.getInputProps('website')} />
      <TextInput label="Industry" {...form.getInputProps('industry')} />
      <TextInput label="Email" type="email" {...form.getInputProps('email')} />
      <TextInput label="Phone" type="tel" {...form.getInputProps('phone')} />
      <Textarea label="Address" autosize minRows={2} maxRows={6} {...form.getInputProps('address')} />
      <PersonPicker label="Owner" {...form.getInputProps('owner_id')} />
      <Textarea label="Notes" autosize minRows={3} maxRows={12} {...form.getInputProps('notes')} />
    </RecordDrawer>
  );
}
