import { IconBuilding } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { companies, type Company } from '../../api/company-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextFilter } from '../../ui/filters.tsx';
import { Moment } from '../../ui/moment.tsx';
import { PersonFilter, PersonName } from '../person.tsx';
import { RecordsPage } from '../records-page.tsx';
import { CompanyForm } from './company-form.tsx';

const route = getRouteApi('/inside/companies');

const column = columnsFor<Company>();
const COLUMNS = column.columns([
  column.accessor('name', {
    header: 'Name',
    cell: ({ row }) => <RowLink {...paths.company(row.original.id)}>{row.original.name}</RowLink>,
  }),
  column.accessor('industry', { header: 'Industry', meta: { width: '16%' } }),
  column.accessor('website', { header: 'Website', meta: { width: '20%' } }),
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

export function CompanyList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onSearch = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <RecordsPage
      title="Companies"
      noun="company"
      queries={companies}
      columns={COLUMNS}
      search={search}
      onSearch={onSearch}
      filters={
        <>
          <TextFilter label="Name" value={search.name} onChange={(name) => onSearch({ name })} />
          <TextFilter label="Website" value={search.website} onChange={(website) => onSearch({ website })} />
          <TextFilter
            label="Industry"
            value={search.industry}
            onChange={(industry) => onSearch({ industry })}
          />
          <PersonFilter
            label="Owner"
            value={search.owner_id}
            onChange={(owner) => onSearch({ owner_id: owner })}
          />
        </>
      }
      empty={(create) => (
        <EmptyState icon={IconBuilding} title="No companies yet">
          Add the companies that your contacts work for and that you sell to.
          {create}
        </EmptyState>
      )}
      form={(close) => (
        <CompanyForm company={null} onClose={close} onSaved={({ id }) => void navigate(paths.company(id))} />
      )}
    />
  );
}
