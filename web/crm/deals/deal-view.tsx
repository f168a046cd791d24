import { lazy, Suspense } from 'react';
import type { Deal } from '../../api/deal-queries.ts';
import type { FilterProps, InputProps } from '../../fields/field-kind.ts';
import { viewOf } from '../../record/object-view.ts';
import { SelectFilter } from '../../ui/filters.tsx';
import { AnyStageInput, PipelineInput, StageInput } from './deal-fields.tsx';
import { DealStatus } from './deal-status.tsx';
import { PipelineName, StageName, usePipelines } from './stage-name.tsx';

/** Loaded on demand: a list needs no page, and the page of a deal has no table. */
const DealOutcome = lazy(async () => ({ default: (await import('./deal-outcome.tsx')).DealOutcome }));
const StageBar = lazy(async () => ({ default: (await import('./stage-bar.tsx')).StageBar }));
const DealList = lazy(async () => ({ default: (await import('./deal-list.tsx')).DealList }));

/** Selecting a pipeline also selects its first stage. */
function Pipeline({ input, form }: InputProps) {
  return <PipelineInput input={input} onStage={(stage) => form.setValues(stage)} />;
}

function Stage({ input, form }: InputProps) {
  return <StageInput input={input} pipelineId={form.getValues()['pipeline_id'] as string | null} />;
}

function PipelineFilter({ field, value, onFilters }: FilterProps) {
  const pipelines = usePipelines();
  if (pipelines.length < 2) return null;
  return (
    <SelectFilter
      label={field.label}
      value={value}
      onChange={(id) => onFilters({ pipeline_id: id, stage_id: undefined })}
      options={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}

/** With a single pipeline, its stages can be filtered at once. */
function StageFilter({ field, value, onChange, filters }: FilterProps) {
  const pipelines = usePipelines();
  const chosen = pipelines.length === 1 ? pipelines[0]?.id : filters['pipeline_id'];
  const stages = pipelines.find(({ id }) => id === chosen)?.stages ?? [];
  if (stages.length === 0) return null;
  return (
    <SelectFilter
      label={field.label}
      value={value}
      onChange={onChange}
      options={stages.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}

/** A deal is won, lost or reopened by the buttons on its page, not in its form. */
export const dealView = viewOf<Deal>({
  fields: {
    status: {
      Input: null,
      Cell: ({ record: { status } }) => <DealStatus status={status} />,
      Value: null,
      column: { width: '5.5rem' },
    },
    value: { column: { width: '7.5rem', align: 'right' } },
    owner_id: { column: { width: '7rem', desktopOnly: true } },
    company_id: { column: { width: '9.5rem' } },
    contact_id: { column: { width: '8rem' } },
    lost_reason: {
      Input: null,
      isRare: true,
    },
    expected_close_date: { label: 'Expected close', column: { width: '7rem' } },
    closed_at: { label: 'Closed' },
    pipeline_id: {
      Input: Pipeline,
      Cell: ({ value }) => <PipelineName id={String(value)} />,
      Value: ({ value }) => <PipelineName id={String(value)} />,
      Filter: PipelineFilter,
      isShort: true,
      editedWith: ['stage_id'],
    },
    stage_id: {
      Input: Stage,
      BulkInput: AnyStageInput,
      Cell: ({ value }) => <StageName id={String(value)} />,
      Value: ({ value }) => <StageName id={String(value)} />,
      Filter: StageFilter,
      column: { width: '7.5rem' },
      isShort: true,
      editedWith: ['pipeline_id'],
    },
  },
  initialFor: ({ record, title }) => ({
    name: typeof record['company'] === 'string' ? record['company'] : title,
  }),
  emptyText: 'Track a sale through the stages of your pipeline until it is won or lost.',
  Badge: ({ record: { status } }) => <DealStatus status={status} />,
  Actions: ({ record }) => (
    <Suspense>
      <DealOutcome deal={record} />
    </Suspense>
  ),
  Progress: ({ record }) => (
    <Suspense>
      <StageBar deal={record} />
    </Suspense>
  ),
  List: DealList,
});
