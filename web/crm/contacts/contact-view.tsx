import { TextInput } from '@mantine/core';
import { IconAddressBook } from '@tabler/icons-react';
import type { Contact } from '../../api/contact-queries.ts';
import { inputProps, type InputProps, type ShownProps } from '../../fields/field-kind.ts';
import { record } from '../../fields/record.tsx';
import { RecordLink } from '../../record/record-link.tsx';
import { viewOf } from '../../record/object-view.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

/** The API copies the name of a selected company. */
function CompanyName(props: InputProps) {
  if (props.form.getValues()['company_id']) return null;
  return <TextInput {...inputProps(props)} description="If the company is not in the list." />;
}

/** The company, or else the name that was entered for it. */
function Company({ value, record: contact }: ShownProps<Contact>) {
  return contact.company_id ? <RecordLink objectKey="company" id={contact.company_id} /> : String(value);
}

const CURL = `curl -X POST ${window.location.origin}/api/v1/contacts \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}'`;

export const contactView = viewOf<Contact>({
  icon: IconAddressBook,
  fields: {
    company: { Input: CompanyName, Value: Company, isShort: false },
    company_id: { Value: null },
  },
  emptyText:
    'Create your first contact here, or send contacts from your website or another app with an API key.',
  emptyExample: <CodeBlock label="Create a contact with curl" code={CURL} />,
  Badge: ({ record: { status } }) => <StateBadge tone="accent">{status}</StateBadge>,
  check: ({ first_name: first, last_name: last, email }) =>
    [first, last, email].some(isFilled) ? {} : { first_name: 'Enter a name or an email.' },
});

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
