import { Group, Textarea, TextInput } from '@mantine/core';
import { contacts, type Contact } from '../../api/contact-queries.ts';
import { PersonPicker } from '../person.tsx';
import { CompanyPicker } from '../record-picker.tsx';
import { RecordDrawer } from '../record-drawer.tsx';
import { useRecordForm } from '../use-record-form.ts';

const toFormValues = (contact: Contact | null) => ({
  first_name: contact?.first_name ?? '',
  last_name: contact?.last_name ?? '',
  email: contact?.email ?? '',
  phone: contact?.phone ?? '',
  company_id: contact?.company_id ?? null,
  company: contact?.company ?? '',
  job_title: contact?.job_title ?? '',
  status: contact?.status ?? '',
  source: contact?.source ?? '',
  notes: contact?.notes ?? '',
  owner_id: contact?.owner_id ?? null,
});

/** Creates or edits a contact. */
export function ContactForm({
  contact,
  onClose,
  onSaved,
}: {
  contact: Contact | null;
  onClose: () => void;
  onSaved: (contact: Contact) => void;
}) {
  const api = useRecordForm(contacts, contact, toFormValues, onSaved);
  const { form } = api;
  return (
    <RecordDrawer noun="contact" isNew={contact === null} api={api} onClose={onClose}>
      <Group grow align="flex-start">
        <TextInput label="First name" data-autofocus {...form.getInputProps('first_name')} />
        <TextInput label="Last name" {...form.getInputProps('last_name')} />
      </Group>
      <TextInput label="Email" type="email" {...form.getInputProps('email')} />
      <TextInput label="Phone" type="tel" {...form.getInputProps('phone')} />
      <CompanyPicker {...form.getInputProps('company_id')} />
      {/* The API copies the name of a selected company. */}
      {form.values.company_id === null && (
        <TextInput
          label="Company name"
          description="If the company is not in the list."
          {...form.getInputProps('company')}
        />
      )}
      <TextInput label="Job title" {...form.getInputProps('job_title')} />
      <Group grow align="flex-start">
        <TextInput label="Status" placeholder="lead" {...form.getInputProps('status')} />
        <TextInput label="Source" {...form.getInputProps('source')} />
      </Group>
      <PersonPicker label="Owner" {...form.getInputProps('owner_id')} />
      <Textarea label="Notes" autosize minRows={3} maxRows={12} {...form.getInputProps('notes')} />
    </RecordDrawer>
  );
}
