import { IconTargetArrow } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { DEAL_STATUSES, deals, type Deal } from '../../api/deal-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, RowLink } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SelectFilter, TextFilter } from '../../ui/filters.tsx';
import { Day, Moment } from '../../ui/moment.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { PersonFilter, PersonName } from '../person.tsx';
import { RecordsPage } from '../records-page.tsx';
import { DealForm } from './deal-form.tsx';
import { DealStatus } from './deal-status.tsx';
import { money } from './money.ts';
import { StageName, usePipelines } from './stage-name.tsx';

const route = getRouteApi('/inside/deals');

const column = columnsFor<Deal>();
const COLUMNS = column.columns([
  column.accessor('name', {
    header: 'Name',
    cell: ({ row }) => <RowLink {...paths.deal(row.original.id)}>{row.original.name}</RowLink>,
  }),
  column.display({
    id: 'value',
    header: 'Value',
    meta: { width: '9rem', align: 'right' },
    cell: ({ row }) => money(row.original),
  }),
  column.display({
    id: 'stage',
    header: 'Stage',
    meta: { width: '15%' },
    cell: ({ row }) => <StageName id={row.original.stage_id} />,
  }),
  column.accessor('status', {
    header: 'Status',
    meta: { width: '6.5rem' },
    cell: ({ getValue }) => <DealStatus status={getValue()} />,
  }),
  column.accessor('expected_close_date', {
    header: 'Expected close',
    meta: { width: '9rem', desktopOnly: true },
    cell: ({ getValue }) => {
      const date = getValue();
      return date && <Day date={date} />;
    },
  }),
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

export function DealList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const pipelines = usePipelines();
  const onSearch = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  // With a single pipeline, its stages can be filtered at once.
  const chosen = pipelines.length === 1 ? pipelines[0]?.id : search.pipeline_id;
  const stages = pipelines.find(({ id }) => id === chosen)?.stages ?? [];

  return (
    <RecordsPage
      title="Deals"
      noun="deal"
      queries={deals}
      columns={COLUMNS}
      search={search}
      onSearch={onSearch}
      filters={
        <>
          <TextFilter label="Name" value={search.name} onChange={(name) => onSearch({ name })} />
          <SelectFilter
            label="Status"
            value={search.status}
            onChange={(status) => onSearch({ status })}
            options={DEAL_STATUSES.map((status) => ({ value: status, label: fieldLabel(status) }))}
          />
          {pipelines.length > 1 && (
            <SelectFilter
              label="Pipeline"
              value={search.pipeline_id}
              onChange={(id) => onSearch({ pipeline_id: id, stage_id: undefined })}
              options={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
            />
          )}
          {stages.length > 0 && (
            <SelectFilter
              label="Stage"
              value={search.stage_id}
              onChange={(id) => onSearch({ stage_id: id })}
              options={stages.map(({ id, name }) => ({ value: id, label: name }))}
            />
          )}
          <PersonFilter
            label="Owner"
            value={search.owner_id}
            onChange={(owner) => onSearch({ owner_id: owner })}
          />
        </>
      }
      empty={(create) => (
        <EmptyState icon={IconTargetArrow} title="No deals yet">
          Track a sale through the stages of your pipeline until it is won or lost.
          {create}
        </EmptyState>
      )}
      form={(close) => (
        <DealForm deal={null} onClose={close} onSaved={({ id }) => void navigate(paths.deal(id))} />
      )}
    />
  );
}
