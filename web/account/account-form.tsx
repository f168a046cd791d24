import { Button, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { usePageTitle } from '../ui/page-header.tsx';
import type { ApiForm } from '../ui/use-api-form.ts';

/** The form of all signed-out pages: title, introduction, fields, button. */
export function AccountForm<Values extends object>({
  title: shown,
  intro,
  action,
  api,
  children,
  footer,
}: {
  /** If it depends on the link. */
  title?: string;
  intro?: ReactNode;
  action: string;
  api: ApiForm<Values>;
  children: ReactNode;
  footer?: ReactNode;
}) {
  const own = usePageTitle();
  const title = shown ?? own ?? '';
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
