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
import { useLeadWords } from './lead-option-field.tsx';

/** What drags the cards comes along with the board alone. */
const LeadBoard = lazy(async () => ({ default: (await import('./lead-board.tsx')).LeadBoard }));

const route = getRouteApi('/inside/leads');

/** All leads, as a table or as a board by status. */
export function LeadList() {
  const { view, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const statuses = useLeadStatuses();
  const sources = useLeadWords('lead-sources');
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
            // The board has a column for each status.
            onView={(chosen) =>
              onSearch(chosen === 'board' ? { view: chosen, status: undefined } : { view: undefined })
            }
          />
        </>
      }
      inPlace={
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
      narrowed="The search finds every word that you typed, filters compare whole values. Clear one to see more."
      empty={(create) => (
        <EmptyState icon={IconInbox} title="No leads yet">
          A lead is somebody who asked: on your website, through an advertisement, by another program. Send
          leads with an <TextLink {...paths.apiKeys()}>API key</TextLink> of the style RemixCRM, or enter the
          first one here.
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

function ViewName({ icon: Sign, children }: { icon: typeof IconTable; children: string }) {
  return (
    <span className={classes.view}>
      <Sign size={14} stroke={1.6} aria-hidden />
      {children}
    </span>
  );
}

/** The address may name a source that was taken off the list since. */
function withChosen(sources: string[], chosen: string | undefined): string[] {
  return chosen === undefined || sources.includes(chosen) ? sources : [chosen, ...sources];
}

const CURL = `curl -X POST ${window.location.origin}/api/v1/leads \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"name":"Jane Doe","email":"jane@example.com","phone":"+15551234567","event_date":"2026-08-15"}'`;
