import { Button, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ErrorPanel } from '../ui/error-panel.tsx';
import type { ApiForm } from '../ui/use-api-form.ts';

/** The form of all signed-out pages: title, introduction, fields, button. */
export function AccountForm<Values extends object>({
  title,
  intro,
  action,
  api,
  children,
  footer,
}: {
  title: string;
  intro?: ReactNode;
  action: string;
  api: ApiForm<Values>;
  children: ReactNode;
  footer?: ReactNode;
}) {
  useDocumentTitle(`${title} · Fairlead`);
  return (
    <form onSubmit={api.onSubmit} aria-label={title}>
      <Stack gap="md">
        <div>
          <Title order={1}>{title}</Title>
          {intro && (
            <Text c="dimmed" size="sm" mt={4}>
              {intro}
            </Text>
          )}
        </div>
        {api.error && <ErrorPanel error={api.error} />}
        {children}
        <Button type="submit" loading={api.busy} fullWidth mt="xs">
          {action}
        </Button>
        {footer}
      </Stack>
    </form>
  );
}
