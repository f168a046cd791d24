import { capitalised } from './capitalised.ts';
import classes from './state-badge.module.css';

export type Tone = 'good' | 'bad' | 'warning' | 'accent' | 'calm';

/** A state as a coloured dot and text; the text alone must be sufficient. */
export function StateBadge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.root} data-tone={tone}>
      {capitalised(children)}
    </span>
  );
}
