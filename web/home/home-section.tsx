import { Skeleton, Text, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { numberText } from '../ui/format.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import classes from './home-page.module.css';

/** A titled list of the home page. */
export function HomeSection({
  title,
  count,
  link,
  isLoaded,
  error = null,
  onRetry,
  empty,
  children,
}: {
  title: string;
  /** The total number, if the list may have more. */
  count?: number | undefined;
  /** To the whole list. */
  link?: ReactNode;
  isLoaded: boolean;
  error?: Error | null;
  onRetry?: () => void;
  /** In place of an empty list. */
  empty: ReactNode;
  /** The items, each an `li`. */
  children: readonly ReactNode[];
}) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <div className={classes.head}>
        <Title order={2} id={id}>
          {title}{' '}
          {count !== undefined && count > 0 && <span className={classes.count}>{numberText(count)}</span>}
        </Title>
        {link}
      </div>
      {error && !isLoaded && <ErrorPanel error={error} {...(onRetry && { retry: onRetry })} />}
      {!isLoaded && !error && <Skeleton height={80} />}
      {isLoaded && children.length === 0 && (
        <Text c="dimmed" size="sm">
          {empty}
        </Text>
      )}
      {children.length > 0 && (
        <ul className={classes.list} aria-labelledby={id}>
          {children}
        </ul>
      )}
    </section>
  );
}
