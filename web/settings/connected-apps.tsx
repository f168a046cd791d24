import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { authorizedAppsQuery, useEndAppAccess, type AuthorizedApp } from '../api/authorized-app-queries.ts';
import { confirm } from '../ui/confirm.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone, notifyWhenDone } from '../ui/notify.tsx';
import { Moment } from '../ui/relative-time.tsx';
import classes from './profile-page.module.css';

/** The apps that the user authorised, such as AI assistants. Nothing is shown if there are none. */
export function ConnectedApps() {
  const { data: apps, error, refetch } = useQuery(authorizedAppsQuery);
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!apps || apps.length === 0) return null;
  return (
    <section aria-labelledby="apps-title" className={classes.form}>
      <Stack>
        <Title order={2} id="apps-title">
          Connected apps
        </Title>
        {apps.map((app) => (
          <ConnectedApp key={app.id} app={app} />
        ))}
      </Stack>
    </section>
  );
}

function ConnectedApp({ app }: { app: AuthorizedApp }) {
  const { mutateAsync: end } = useEndAppAccess();
  const confirmAction = () =>
    confirm({
      title: `End the access of ${app.name}?`,
      text: 'Its next request fails. You can connect it again from the app.',
      action: 'End access',
      onConfirm: () => notifyWhenDone(end(app.id), () => notifyDone(`${app.name} disconnected`)),
    });
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <div>
        <Text fw={550}>{app.name}</Text>
        <Text size="xs" c="dimmed">
          {app.host} · may {app.scope.split(' ').join(', ')} ·{' '}
          {app.last_used_at === null ? 'never used' : <Moment at={app.last_used_at} />}
        </Text>
      </div>
      <Button
        variant="default"
        size="xs"
        flex="none"
        aria-label={`End the access of ${app.name}`}
        onClick={confirmAction}
      >
        End access
      </Button>
    </Group>
  );
}
