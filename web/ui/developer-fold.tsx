import type { ReactNode } from 'react';
import classes from './developer-fold.module.css';

/** Requests, codes and other things that only developers need; closed at first. */
export function DeveloperFold({ children }: { children: ReactNode }) {
  return (
    <details className={classes.root}>
      <summary>For developers</summary>
      {children}
    </details>
  );
}
