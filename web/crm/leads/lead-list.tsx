import { SegmentedControl } from '@mantine/core';
import { IconChartBar, IconInbox, IconLayoutKanban, IconTable } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { leads } from '../../api/lead-queries.ts';
import { useLeadStatuses } from '../../api/lead-status-queries.ts';
import { paths } from '../../paths.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SearchFilter, SelectFilter, TextFilter } from '../../ui/filters.tsx';
import { ButtonLink, TextLink } from '../../ui/router-links.tsx';
import { PersonFilter } from '../person.tsx';
import { RecordsPage } from '../records-page.tsx';
import { LEAD_COLUMNS } from './lead-columns.tsx';
import { LeadForm } from './lead-form.tsx';
import classes from './lead-list.module.css';
import type { LeadView } from './lead-search.ts';
import { useLeadOptions } from './lead-option-field.tsx';

/** Loaded on demand: the drag-and-drop library is needed by the board only. */
const LeadBoard = lazy(async () => ({ default: (await import('./lead-board.tsx')).LeadBoard }));

const route = getRouteApi('/inside/leads');

/** All leads, as a table or as a board by status. */
export function LeadList() {
  const { view, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const statuses = useLeadStatuses();
  const sources = useLeadOptions('lead-sources');
  const onSearch = (change: typeof search & { view?: 'board' | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const isBoard = view === 'board';

  return (
    <RecordsPage
      title="Leads"
      noun="lead"
      queries={leads}
      columns={LEAD_COLUMNS}
      search={search}
      onSearch={onSearch}
      tools={
        <>
          <ButtonLink {...paths.leadAnalytics()} variant="default" px="xs" aria-label="Analytics">
            <IconChartBar size={16} stroke={1.6} aria-hidden />
          </ButtonLink>
          <ViewSwitch
            view={view ?? 'table'}
            // The board shows every status as a column.
            onView={(chosen) =>
              onSearch(chosen === 'board' ? { view: chosen, status: undefined } : { view: undefined })
            }
          />
        </>
      }
      customView={
        isBoard
          ? (filter) => (
              <Suspense>
                <LeadBoard filter={filter} />
              </Suspense>
            )
          : undefined
      }
      filters={
        <>
          <SearchFilter name="Search leads" value={search.q} onChange={(q) => onSearch({ q })} />
          {!isBoard && (
            <SelectFilter
              label="Status"
              value={search.status}
              onChange={(status) => onSearch({ status })}
              options={statuses.map(({ key, name }) => ({ value: key, label: name }))}
            />
          )}
          <SelectFilter
            label="Source"
            value={search.source}
            onChange={(source) => onSearch({ source })}
            options={withChosen(sources, search.source).map((name) => ({ value: name, label: name }))}
          />
          <TextFilter label="Tag" value={search.tag} onChange={(tag) => onSearch({ tag })} />
          <PersonFilter
            label="Owner"
            value={search.owner_id}
            onChange={(owner) => onSearch({ owner_id: owner })}
          />
        </>
      }
      noMatchHint="Search matches all words; filters match exact values. Try clearing one."
      empty={(create) => (
        <EmptyState icon={IconInbox} title="No leads yet">
          Leads come from your website, your ads or other apps. Send them with a RemixCRM-style{' '}
          <TextLink {...paths.apiKeys()}>API key</TextLink>, or create the first one here.
          {create}
          <CodeBlock label="Send a lead with curl" code={CURL} />
        </EmptyState>
      )}
      form={(close) => (
        <LeadForm lead={null} onClose={close} onSaved={({ id }) => void navigate(paths.lead(id))} />
      )}
    />
  );
}

function ViewSwitch({ view, onView }: { view: LeadView; onView: (view: LeadView) => void }) {
  return (
    <SegmentedControl
      aria-label="View"
      size="xs"
      value={view}
      onChange={(chosen) => onView(chosen)}
      data={[
        { value: 'table', label: <ViewName icon={IconTable}>Table</ViewName> },
        { value: 'board', label: <ViewName icon={IconLayoutKanban}>Board</ViewName> },
      ]}
    />
  );
}

function ViewName({ icon: Icon, children }: { icon: typeof IconTable; children: string }) {
  return (
    <span className={classes.view}>
      <Icon size={14} stroke={1.6} aria-hidden />
      {children}
    </span>
  );
}

/** Keeps a selected source in the list after it was deleted. */
function withChosen(sources: string[], chosen: string | undefined): string[] {
  return chosen === undefined || sources.includes(chosen) ? sources : [chosen, ...sources];
}

const CURL = `curl -X POST ${window.location.origin}/api/v1/leads \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"name":"Jane Doe","email":"jane@example.com","phone":"+15551234567","event_date":"2026-08-15"}'`;
