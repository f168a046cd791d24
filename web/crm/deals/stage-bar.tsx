import { deals, type Deal } from '../../api/deal-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { notifyError } from '../../ui/notify.tsx';
import { StepBar } from '../step-bar.tsx';
import { usePipelines } from './stage-name.tsx';

/** The stages of the deal's pipeline, in order. A click moves the deal. */
export function StageBar({ deal }: { deal: Deal }) {
  const stages = usePipelines().find(({ id }) => id === deal.pipeline_id)?.stages ?? [];
  const mayWrite = useHasScope('deals:write');
  const { mutate: update, isPending } = useUpdateRecord(deals);
  const reached = stages.findIndex(({ id }) => id === deal.stage_id);
  const moveTo = (id: string) =>
    update({ id: deal.id, version: deal.version, change: { stage_id: id } }, { onError: notifyError });

  return (
    <StepBar
      label="Stages"
      steps={stages.map(({ id, name }, at) => ({ id, name, isReached: at <= reached }))}
      current={deal.stage_id}
      disabled={!mayWrite || isPending}
      onStep={moveTo}
    />
  );
}
