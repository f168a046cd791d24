import { Button, Drawer, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorPanel } from './error-panel.tsx';
import classes from './form-drawer.module.css';
import type { ApiForm } from './use-api-form.ts';

/** A form at the side of what it is about. A click beside it, or Escape, closes it only while nothing was typed. */
export function FormDrawer<Values extends object>({
  title,
  action,
  api,
  notice,
  size,
  onClose,
  children,
}: {
  title: string;
  /** What the button says. */
  action: string;
  api: ApiForm<Values>;
  /** Above the fields, where something has to be decided first. */
  notice?: ReactNode;
  /** A width, where the usual one is too narrow. */
  size?: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const isDirty = api.form.isDirty();
  return (
    <Drawer
      opened
      onClose={onClose}
      title={title}
      {...(size !== undefined && { size })}
      closeOnClickOutside={!isDirty}
      closeOnEscape={!isDirty}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{ content: classes.content!, body: classes.body! }}
    >
      <form onSubmit={api.onSubmit} className={classes.form}>
        <Stack gap="md" className={classes.fields}>
          {notice}
          {api.error && <ErrorPanel error={api.error} />}
          {children}
        </Stack>
        <Group justify="flex-end" gap="xs" className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={api.busy}>
            {action}
          </Button>
        </Group>
      </form>
    </Drawer>
  );
}
