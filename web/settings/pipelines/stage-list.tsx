import {
  closestCenter,
  DndContext,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
  type DragEndEvent,
} from '@dnd-kit/core';
import { useChangeStage, type Pipeline, type PipelineStage } from '../../api/pipeline-queries.ts';
import { notifyError } from '../../ui/notify.tsx';
import classes from './pipelines-page.module.css';
import { StageRow } from './stage-row.tsx';

/** The stages of a pipeline in order. They are moved by mouse and touch, or by the buttons of a row. */
export function StageList({
  pipeline,
  pipelines,
  counts,
  mayWrite,
  labelledBy,
}: {
  pipeline: Pipeline;
  pipelines: readonly Pipeline[];
  /** The number of deals by stage; undefined if it is not known. */
  counts: ReadonlyMap<string, number> | undefined;
  mayWrite: boolean;
  labelledBy: string;
}) {
  const { mutate: change, isPending, variables } = useChangeStage(pipeline.id);
  const target = isPending ? variables.change.position : undefined;
  // In their new order until the API has answered.
  const stages = target === undefined ? pipeline.stages : withMove(pipeline.stages, variables!.id, target);
  const move = (id: string, position: number) =>
    change({ id, change: { position } }, { onError: notifyError });
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 120, tolerance: 8 } }),
  );
  const drop = ({ active, over }: DragEndEvent) => {
    if (over && over.id !== active.id)
      move(String(active.id), stages.findIndex(({ id }) => id === over.id) + 1);
  };
  return (
    // The buttons are what a screen reader uses.
    <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={drop}>
      <ol className={classes.stages} aria-labelledby={labelledBy}>
        {stages.map((stage, at) => (
          <StageRow
            key={stage.id}
            stage={stage}
            position={at + 1}
            pipeline={pipeline}
            pipelines={pipelines}
            deals={counts && (counts.get(stage.id) ?? 0)}
            mayWrite={mayWrite}
            isMoving={isPending}
            onMove={(position) => move(stage.id, position)}
          />
        ))}
      </ol>
    </DndContext>
  );
}

/** @param position from 1 */
function withMove(stages: readonly PipelineStage[], id: string, position: number): readonly PipelineStage[] {
  const moved = stages.find((stage) => stage.id === id);
  const others = stages.filter((stage) => stage !== moved);
  return moved ? [...others.slice(0, position - 1), moved, ...others.slice(position - 1)] : stages;
}
