import { Group, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMatches } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './page-header.module.css';

/** The title of the page on view in web/pages.ts; null if it depends on what the page shows. */
export function usePageTitle(): string | null {
  return useMatches({ select: (matches) => matches.at(-1)?.staticData.title ?? null });
}

/** The title and actions of a page; also sets the document title. */
export function PageHeader({
  title: shown,
  breadcrumb,
  intro,
  badge,
  actions,
}: {
  /** If it depends on what the page shows. */
  title?: string;
  /** A link to the parent page. */
  breadcrumb?: ReactNode;
  intro?: ReactNode;
  badge?: ReactNode;
  actions?: ReactNode;
}) {
  const own = usePageTitle();
  const title = shown ?? own ?? '';
  useDocumentTitle(`${title} · Fairlead`);
  return (
    <header className={classes.root}>
      {breadcrumb && <div className={classes.above}>{breadcrumb}</div>}
      <div className={classes.row}>
        <div className={classes.name} data-intro={intro ? true : undefined}>
          <Group gap="sm">
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {badge}
          </Group>
          {intro && (
            <Text c="dimmed" size="sm" mt={2} maw="48rem">
              {intro}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </div>
    </header>
  );
}
