import { useDraggable, useDroppable } from '@dnd-kit/core';
import { numberText } from '../../ui/format.ts';
import { ActionIcon, NumberInput, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp, IconGripVertical, IconTrash } from '@tabler/icons-react';
import { useCallback, useState, type KeyboardEvent } from 'react';
import {
  useChangeStage,
  useRemoveStage,
  type Pipeline,
  type PipelineStage,
} from '../../api/pipeline-queries.ts';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import classes from './pipelines-page.module.css';
import { RemovalDialog } from './removal-dialog.tsx';

/** A stage. Its name and its probability are saved when their inputs are left, or by Enter. */
export function StageRow({
  stage,
  position,
  pipeline,
  pipelines,
  deals,
  mayWrite,
  isMoving,
  onMove,
}: StageProps & { mayWrite: boolean }) {
  const draggable = useDraggable({ id: stage.id, disabled: !mayWrite || isMoving });
  const { setNodeRef: setTarget, isOver } = useDroppable({ id: stage.id });
  const {
    setNodeRef: setDragged,
    setActivatorNodeRef: setHandle,
    listeners,
    transform,
    isDragging,
  } = draggable;
  const setNode = useCallback(
    (element: HTMLElement | null) => {
      setDragged(element);
      setTarget(element);
    },
    [setDragged, setTarget],
  );
  const count = deals === undefined ? '' : `${numberText(deals)} ${deals === 1 ? 'deal' : 'deals'}`;
  if (!mayWrite)
    return (
      <li className={classes.row}>
        <span className={classes.name}>{stage.name}</span>
        <Text size="sm" c="dimmed">
          {[stage.probability === null ? '' : `${stage.probability} %`, count].filter(Boolean).join(' · ')}
        </Text>
      </li>
    );
  return (
    <li
      ref={setNode}
      className={classes.row}
      data-dragging={isDragging || undefined}
      data-over={(isOver && !isDragging) || undefined}
      style={transform ? { transform: `translateY(${transform.y}px)` } : undefined}
    >
      <span
        ref={setHandle}
        className={classes.handle}
        title="Drag to change the order"
        aria-hidden
        {...listeners}
      >
        <IconGripVertical size={15} />
      </span>
      <StageInputs stage={stage} pipelineId={pipeline.id} />
      <Text size="xs" c="dimmed" className={classes.deals}>
        {count}
      </Text>
      <StageActions
        stage={stage}
        position={position}
        pipeline={pipeline}
        pipelines={pipelines}
        deals={deals}
        isMoving={isMoving}
        onMove={onMove}
      />
    </li>
  );
}

interface StageProps {
  stage: PipelineStage;
  /** From 1. */
  position: number;
  pipeline: Pipeline;
  pipelines: readonly Pipeline[];
  /** Undefined if it is not known. */
  deals: number | undefined;
  isMoving: boolean;
  onMove: (position: number) => void;
}

function StageInputs({ stage, pipelineId }: { stage: PipelineStage; pipelineId: string }) {
  const { mutate: change } = useChangeStage(pipelineId);
  const [name, setName] = useState(stage.name);
  const [probability, setProbability] = useState<string | number>(stage.probability ?? '');
  const [stored, setStored] = useState(stage);
  // Saved here, or by somebody else. The inputs stay the same, so that none loses the focus.
  if (stored !== stage) {
    setStored(stage);
    if (stored.name !== stage.name) setName(stage.name);
    if (stored.probability !== stage.probability) setProbability(stage.probability ?? '');
  }
  const save = () => {
    const entered = {
      name: name.trim() || stage.name,
      probability: probability === '' ? null : Number(probability),
    };
    setName(entered.name);
    if (entered.name === stage.name && entered.probability === stage.probability) return;
    change(
      { id: stage.id, change: entered },
      {
        onError(error) {
          setName(stage.name);
          setProbability(stage.probability ?? '');
          notifyError(error);
        },
      },
    );
  };
  const saveByEnter = (event: KeyboardEvent<HTMLInputElement>) =>
    event.key === 'Enter' && event.currentTarget.blur();
  return (
    <>
      <TextInput
        className={classes.name}
        aria-label={`Name of ${stage.name}`}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={save}
        onKeyDown={saveByEnter}
      />
      <NumberInput
        className={classes.probability}
        aria-label={`Probability of ${stage.name}, in percent`}
        placeholder="–"
        min={0}
        max={100}
        allowDecimal={false}
        allowNegative={false}
        suffix=" %"
        hideControls
        value={probability}
        onChange={setProbability}
        onBlur={save}
        onKeyDown={saveByEnter}
      />
    </>
  );
}

function StageActions({ stage, position, pipeline, pipelines, deals, isMoving, onMove }: StageProps) {
  const { mutateAsync: remove } = useRemoveStage(pipeline.id);
  const [removing, removal] = useDisclosure();
  const last = pipeline.stages.length;
  const others = pipelines.map((item) => ({
    ...item,
    stages: item.stages.filter(({ id }) => id !== stage.id),
  }));
  return (
    <span className={classes.actions}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move ${stage.name} up`}
        disabled={position === 1 || isMoving}
        onClick={() => onMove(position - 1)}
      >
        <IconArrowUp size={15} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move ${stage.name} down`}
        disabled={position === last || isMoving}
        onClick={() => onMove(position + 1)}
      >
        <IconArrowDown size={15} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Delete ${stage.name}`}
        disabled={last === 1}
        onClick={removal.open}
      >
        <IconTrash size={15} />
      </ActionIcon>
      {removing && (
        <RemovalDialog
          title={`Delete the stage ${stage.name}?`}
          action="Delete stage"
          deals={deals}
          pipelines={others}
          onRemove={async (moveDealsTo) => {
            await remove({ id: stage.id, moveDealsTo });
            notifyDone(`${stage.name} deleted`);
          }}
          onClose={removal.close}
        />
      )}
    </span>
  );
}
