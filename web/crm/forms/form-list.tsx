import { IconForms, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { formsQuery, type Form } from '../../api/form-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, DataTable, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { ButtonLink } from '../../ui/router-links.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { PersonName } from '../../record/person.tsx';

const column = columnsFor<Form>();
const COLUMNS = column.columns([
  column.accessor('name', {
    header: 'Name',
    cell: ({ row }) => <RowLink {...paths.form(row.original.id)}>{row.original.name}</RowLink>,
  }),
  column.accessor('active', {
    header: 'State',
    meta: { width: '7rem' },
    cell: ({ getValue }) => <FormState active={getValue()} />,
  }),
  column.accessor('fields', {
    header: 'Fields',
    meta: { width: '7rem', desktopOnly: true },
    cell: ({ getValue }) => getValue().length,
  }),
  column.accessor('source', { header: 'Source', meta: { width: '18%' } }),
  column.accessor('owner_id', {
    header: 'Owner',
    meta: { width: '12rem' },
    cell: ({ getValue }) => <PersonName id={getValue()} />,
  }),
  column.accessor('created_at', {
    header: 'Created',
    meta: { width: '8rem', desktopOnly: true },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);

export function FormList() {
  const list = useInfiniteQuery(formsQuery);
  const mayWrite = useHasScope('forms:write');
  const button = mayWrite && (
    <ButtonLink {...paths.newForm()} leftSection={<IconPlus size={16} />}>
      New form
    </ButtonLink>
  );
  return (
    <>
      <PageHeader intro="Collect leads with a form on your website or on a hosted page." actions={button} />
      <DataTable
        label="Forms"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState icon={IconForms} title="No forms yet">
            Create a form, then share its page or embed it with one line of code. No API key needed.
            {button}
          </EmptyState>
        }
      />
    </>
  );
}

export function FormState({ active }: { active: boolean }) {
  return <StateBadge tone={active ? 'good' : 'calm'}>{active ? 'active' : 'inactive'}</StateBadge>;
}
