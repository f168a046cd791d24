import { Skeleton, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { panelQuery, type PanelItem } from '../api/panel-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { LoadMore } from '../ui/load-more.tsx';
import { Moment } from '../ui/relative-time.tsx';
import classes from './record-panel.module.css';

/** A list about a record, drawn from what the items say of themselves. @param path below the API's base */
export function RecordPanel({ label, path }: { label: string; path: string }) {
  const list = useInfiniteQuery(panelQuery(path));
  const title = useId();
  return (
    <section aria-labelledby={title}>
      <Title order={2} id={title} mb="sm">
        {label}
      </Title>
      {list.error && !list.data && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {!list.data && !list.error && <Skeleton height={44} />}
      {list.data?.length === 0 && <Text c="dimmed">None</Text>}
      {list.data && list.data.length > 0 && (
        <ul className={classes.list} aria-labelledby={title}>
          {list.data.map((item) => (
            <li key={item.id}>
              {nameOf(item)}
              {typeof item['created_at'] === 'string' && (
                <Text span c="dimmed">
                  <Moment at={item['created_at']} />
                </Text>
              )}
            </li>
          ))}
        </ul>
      )}
      <LoadMore list={list} mt="sm" size="xs" />
    </section>
  );
}

/** The first text among these names. */
function nameOf(item: PanelItem): string {
  const name = ['name', 'title', 'label', 'type', 'id'].map((key) => item[key]).find(Boolean);
  return typeof name === 'string' ? name : '';
}
