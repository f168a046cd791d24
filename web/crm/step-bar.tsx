import { UnstyledButton } from '@mantine/core';
import classes from './step-bar.module.css';

export interface Step<Id extends string> {
  id: Id;
  name: string;
  isReached: boolean;
}

/** The steps of a process, in order. A click moves the record to a step. */
export function StepBar<Id extends string>({
  label,
  steps,
  current,
  disabled,
  onStep,
}: {
  label: string;
  steps: readonly Step<Id>[];
  current: Id;
  disabled: boolean;
  onStep: (id: Id) => void;
}) {
  return (
    <ol className={classes.root} aria-label={label}>
      {steps.map(({ id, name, isReached }) => (
        <li key={id}>
          <UnstyledButton
            className={classes.step}
            data-reached={isReached || undefined}
            aria-current={id === current ? 'step' : undefined}
            disabled={disabled || id === current}
            onClick={() => onStep(id)}
          >
            {name}
          </UnstyledButton>
        </li>
      ))}
    </ol>
  );
}
