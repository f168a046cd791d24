import { Select, Skeleton } from '@mantine/core';
import { IconChartBar } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { leadFiguresQuery, type LeadFigures } from '../../../api/lead-analytics-queries.ts';
import { useLeadStatuses } from '../../../api/lead-status-queries.ts';
import { paths } from '../../../paths.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { FilterBar, SelectFilter } from '../../../ui/filters.tsx';
import { useNow } from '../../../ui/now.ts';
import { PageHeader } from '../../../ui/page-header.tsx';
import { TextLink } from '../../../ui/router-links.tsx';
import { PersonFilter } from '../../../record/person.tsx';
import { useLeadOptions } from '../../../api/lead-option-queries.ts';
import { rangeOf, type AnalyticsSearch, type Period } from './analytics-search.ts';
import classes from './lead-analytics-page.module.css';
import { KeyFigures } from './key-figures.tsx';
import { TallyTable } from './tally-table.tsx';
import { TimeChart } from './time-chart.tsx';

const route = getRouteApi('/inside/leads/analytics');

const PERIODS: { value: Period; label: string }[] = [
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: '365', label: 'Last 12 months' },
];

/** Lead counts of a period by source, status, interest and owner, and the time to first contact. */
export function LeadAnalyticsPage() {
  const { days = '30', source, owner_id: ownerId } = route.useSearch();
  const navigate = route.useNavigate();
  const sources = useLeadOptions('lead-sources');
  const range = rangeOf(days, useNow());
  const { data, error, refetch } = useQuery(leadFiguresQuery({ ...range, source, owner_id: ownerId }));
  const onSearch = (change: AnalyticsSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <>
      <PageHeader breadcrumb={<TextLink {...paths.records('leads')}>Leads</TextLink>} />
      <FilterBar>
        <Select
          aria-label="Period"
          w="10rem"
          data={PERIODS}
          value={days}
          allowDeselect={false}
          onChange={(chosen) => onSearch({ days: chosen ?? undefined })}
        />
        <SelectFilter
          label="Source"
          value={source}
          onChange={(chosen) => onSearch({ source: chosen })}
          options={[...new Set([...sources, ...(source ? [source] : [])])].map((name) => ({
            value: name,
            label: name,
          }))}
        />
        <PersonFilter label="Owner" value={ownerId} onChange={(chosen) => onSearch({ owner_id: chosen })} />
      </FilterBar>
      <div className={classes.body}>
        {error && !data && <ErrorPanel error={error} retry={() => void refetch()} />}
        {!data && !error && <Skeleton height={240} />}
        {data && data.leads === 0 && (
          <EmptyState icon={IconChartBar} title="No leads in this period">
            Choose a longer period or clear a filter.
          </EmptyState>
        )}
        {data && data.leads > 0 && <Figures figures={data} />}
      </div>
    </>
  );
}

function Figures({ figures }: { figures: LeadFigures }) {
  const statuses = useLeadStatuses();
  const nameOf = (key: string) => statuses.find((status) => status.key === key)?.name ?? key;
  const position = (key: string) => statuses.findIndex((status) => status.key === key);
  return (
    <>
      <KeyFigures figures={figures} />
      <TimeChart intervals={figures.by_time} interval={figures.interval} />
      <div className={classes.tables}>
        <TallyTable
          title="By source"
          column="Source"
          rows={figures.by_source.map((row) => ({ ...row, name: row.source ?? 'No source' }))}
        />
        <TallyTable
          title="By status"
          column="Status"
          rows={figures.by_status
            .toSorted((item, other) => position(item.status) - position(other.status))
            .map((row) => ({ ...row, name: nameOf(row.status) }))}
        />
        <TallyTable
          title="By interest"
          column="Interest"
          rows={figures.by_event_type.map((row) => ({ ...row, name: row.event_type ?? 'No interest' }))}
        />
        <TallyTable
          title="By owner"
          column="Owner"
          rows={figures.by_owner.map((row) => ({
            ...row,
            name: row.owner_id === null ? 'Unassigned' : (row.name ?? 'Former member'),
          }))}
        />
      </div>
    </>
  );
}
