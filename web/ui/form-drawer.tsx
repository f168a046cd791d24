import { Button, Drawer, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorPanel } from './error-panel.tsx';
import classes from './form-drawer.module.css';
import type { ApiForm } from './use-api-form.ts';

/** A form in a drawer. A click outside or Escape closes it only without unsaved changes. */
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
  /** The label of the submit button. */
  action: string;
  api: ApiForm<Values>;
  /** Shown above the fields, such as a conflict. */
  notice?: ReactNode;
  /** A width other than the default. */
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
