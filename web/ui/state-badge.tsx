import { capitalised } from './capitalised.ts';
import classes from './state-badge.module.css';

export type Tone = 'good' | 'bad' | 'warning' | 'accent' | 'calm';

/** A state as a coloured dot and its word: the word alone has to be enough. */
export function StateBadge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.root} data-tone={tone}>
      {capitalised(children)}
    </span>
  );
}
