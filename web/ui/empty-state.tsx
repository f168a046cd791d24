import { Stack, Text, Title } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

/** Shown in place of an empty list: the reason and the next step. */
export function EmptyState({
  icon: IconComponent,
  title,
  children,
}: {
  icon: Icon;
  title: string;
  children?: ReactNode;
}) {
  return (
    <Stack align="center" gap="sm" className={classes.root}>
      <IconComponent size={28} stroke={1.4} className={classes.icon} aria-hidden />
      <Title order={2}>{title}</Title>
      <Text component="div" c="dimmed" size="sm" className={classes.text}>
        {children}
      </Text>
    </Stack>
  );
}
