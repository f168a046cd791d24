import type { ReactNode } from 'react';
import classes from './developer-fold.module.css';

/** Requests, codes and other things that only developers need; closed at first. */
export function DeveloperFold({
  isOpened = false,
  children,
}: {
  /** Opens it, as for an error in it. */
  isOpened?: boolean;
  children: ReactNode;
}) {
  return (
    <details className={classes.root} open={isOpened || undefined}>
      <summary>For developers</summary>
      {children}
    </details>
  );
}
