import { UnstyledButton } from '@mantine/core';
import { deals, type Deal } from '../../api/deal-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { useMay } from '../../api/session-queries.ts';
import { tellError } from '../../ui/notify.tsx';
import classes from './stage-bar.module.css';
import { usePipelines } from './stage-name.tsx';

/** The stages of a deal's pipeline in their order; a click moves the deal. */
export function StageBar({ deal }: { deal: Deal }) {
  const stages = usePipelines().find(({ id }) => id === deal.pipeline_id)?.stages ?? [];
  const mayWrite = useMay('deals:write');
  const { mutate: update, isPending } = useUpdateRecord(deals);
  const reached = stages.findIndex(({ id }) => id === deal.stage_id);
  const moveTo = (id: string) =>
    update({ id: deal.id, version: deal.version, change: { stage_id: id } }, { onError: tellError });

  return (
    <ol className={classes.root} aria-label="Stages">
      {stages.map(({ id, name }, at) => (
        <li key={id}>
          <UnstyledButton
            className={classes.stage}
            data-reached={at <= reached || undefined}
            aria-current={at === reached ? 'step' : undefined}
            disabled={!mayWrite || isPending || at === reached}
            onClick={() => moveTo(id)}
          >
            {name}
          </UnstyledButton>
        </li>
      ))}
    </ol>
  );
}
