import { IconAddressBook } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { contacts, type Contact } from '../../api/contact-queries.ts';
import { paths } from '../../paths.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { columnsFor, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextFilter } from '../../ui/filters.tsx';
import { Moment } from '../../ui/moment.tsx';
import { PersonFilter, PersonName } from '../person.tsx';
import { RecordsPage } from '../records-page.tsx';
import { ContactForm } from './contact-form.tsx';
import { contactName } from './contact-name.ts';

const route = getRouteApi('/inside/contacts');

const column = columnsFor<Contact>();
const COLUMNS = column.columns([
  column.display({
    id: 'name',
    header: 'Name',
    cell: ({ row }) => <RowLink {...paths.contact(row.original.id)}>{contactName(row.original)}</RowLink>,
  }),
  column.accessor('email', { header: 'Email', meta: { width: '20%' } }),
  column.accessor('company', { header: 'Company', meta: { width: '15%' } }),
  column.accessor('status', { header: 'Status', meta: { width: '10%' } }),
  column.accessor('owner_id', {
    header: 'Owner',
    meta: { width: '10rem', desktopOnly: true },
    cell: ({ getValue }) => <PersonName id={getValue()} />,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '8rem', sort: 'created_at', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
  column.accessor('updated_at', {
    header: 'Updated',
    meta: { width: '8.5rem', sort: 'updated_at' },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);

export function ContactList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onSearch = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <RecordsPage
      title="Contacts"
      noun="contact"
      queries={contacts}
      columns={COLUMNS}
      search={search}
      onSearch={onSearch}
      filters={
        <>
          <TextFilter label="Email" value={search.email} onChange={(email) => onSearch({ email })} />
          <TextFilter label="Phone" value={search.phone} onChange={(phone) => onSearch({ phone })} />
          <TextFilter label="Status" value={search.status} onChange={(status) => onSearch({ status })} />
          <TextFilter label="Source" value={search.source} onChange={(source) => onSearch({ source })} />
          <PersonFilter
            label="Owner"
            value={search.owner_id}
            onChange={(owner) => onSearch({ owner_id: owner })}
          />
        </>
      }
      empty={(create) => (
        <EmptyState icon={IconAddressBook} title="No contacts yet">
          Create your first contact here, or send contacts from your website or another app with an API key.
          {create}
          <CodeBlock label="Create a contact with curl" code={CURL} />
        </EmptyState>
      )}
      form={(close) => (
        <ContactForm contact={null} onClose={close} onSaved={({ id }) => void navigate(paths.contact(id))} />
      )}
    />
  );
}

const CURL = `curl -X POST ${window.location.origin}/api/v1/contacts \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}'`;
