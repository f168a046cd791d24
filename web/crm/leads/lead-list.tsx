import { SegmentedControl } from '@mantine/core';
import { IconChartBar, IconLayoutKanban, IconTable } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { ObjectType } from '../../api/object-queries.ts';
import { paths } from '../../paths.ts';
import { useListSearch } from '../../record/list-search.ts';
import { RecordList } from '../../record/record-list.tsx';
import { ButtonLink } from '../../ui/router-links.tsx';
import classes from './lead-list.module.css';

/** Loaded on demand: the drag-and-drop library is needed by the board only. */
const LeadBoard = lazy(async () => ({ default: (await import('./lead-board.tsx')).LeadBoard }));

/** The board shows every status as a column. */
const HIDDEN_ON_BOARD = ['status'];

type LeadView = 'table' | 'board';

/** All leads, as a table or as a board by status. */
export function LeadList({ object }: { object: ObjectType }) {
  const [{ view }, onSearch] = useListSearch();
  const isBoard = view === 'board';
  return (
    <RecordList
      object={object}
      hiddenFilters={isBoard ? HIDDEN_ON_BOARD : undefined}
      tools={
        <>
          <ButtonLink {...paths.leadAnalytics()} variant="default" px="xs" aria-label="Analytics">
            <IconChartBar size={16} stroke={1.6} aria-hidden />
          </ButtonLink>
          <ViewSwitch
            view={isBoard ? 'board' : 'table'}
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
