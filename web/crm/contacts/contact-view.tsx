import { lazy, Suspense } from 'react';
import { TextInput } from '@mantine/core';
import type { Contact } from '../../api/contact-queries.ts';
import { useObject } from '../../api/object-queries.ts';
import { inputProps, type InputProps, type ShownProps } from '../../fields/field-kind.ts';
import { RecordPicker } from '../../record/record-picker.tsx';
import { viewOf } from '../../record/object-view.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

/** Loaded on demand: lists do not need it. */
const RecordDuplicates = lazy(async () => ({
  default: (await import('../../record/merge/record-duplicates.tsx')).RecordDuplicates,
}));

const EmailPreferences = lazy(async () => ({
  default: (await import('./email-preferences.tsx')).EmailPreferences,
}));

/** A company of the list, or else its name. The API copies the name of a selected company. */
function CompanyInputs(props: InputProps) {
  const companies = useObject('company');
  const company = props.form.getInputProps('company_id');
  const name = inputProps(props);
  return (
    <>
      {companies && <RecordPicker object={companies} mayCreate label="Company" {...company} />}
      {!company.value && <TextInput {...name} description="If the company is not in the list." />}
    </>
  );
}

const PhoneActions = lazy(async () => ({
  default: (await import('../../messaging/phone-actions.tsx')).PhoneActions,
}));

function Status({ value }: ShownProps<Contact>) {
  return capitalised(String(value));
}

const CURL = `curl -X POST ${window.location.origin}/api/v1/contacts \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}'`;

export const contactView = viewOf<Contact>({
  fields: {
    other_emails: { isRare: true },
    other_phones: { isRare: true },
    company: {
      label: 'Company',
      Input: CompanyInputs,
      isShort: false,
      editedWith: ['company_id'],
      // A company of the list is a panel of its own.
      isShown: ({ company_id: id }) => id === null,
    },
    // Any text; shown as the badge of the page shows it.
    status: { Cell: Status, Value: Status },
    // Entered with the name. The name is shown to those who may not read companies.
    company_id: { Input: () => null, Value: ({ record }) => record.company },
  },
  emptyText:
    'Create your first contact here, or send contacts from your website or another app with an API key.',
  emptyExample: <CodeBlock label="Create a contact with curl" code={CURL} />,
  panels: {
    duplicates: ({ record }) => (
      <Suspense>
        <RecordDuplicates objectKey="contact" record={record} />
      </Suspense>
    ),
  },
  Actions: ({ record }) =>
    record.phone === null ? null : (
      <Suspense>
        <PhoneActions number={record.phone} contactId={record.id} />
      </Suspense>
    ),
  Progress: ({ record: { id } }) => (
    <Suspense>
      <EmailPreferences contactId={id} />
    </Suspense>
  ),
  Badge: ({ record: { status } }) => <StateBadge tone="accent">{status}</StateBadge>,
  check: ({ first_name: first, last_name: last, email }) =>
    [first, last, email].some(isFilled) ? {} : { first_name: 'Enter a name or an email.' },
});

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
