import type { ReactNode } from 'react';
import classes from './property-list.module.css';

/** Names and values; a missing value shows a dash. */
export function PropertyList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <dl className={classes.root} aria-label={label}>
      {children}
    </dl>
  );
}

export function Property({ name, children }: { name: string; children?: ReactNode }) {
  const missing = children === null || children === undefined || children === '';
  return (
    <>
      <dt>{name}</dt>
      <dd data-missing={missing || undefined}>{missing ? '—' : children}</dd>
    </>
  );
}
