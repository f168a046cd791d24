import { Button, FileButton, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { validationError } from '../api/client.ts';
import { useHasScope, useSession } from '../api/session-queries.ts';
import { workspaceQuery, type Workspace } from '../api/workspace-queries.ts';
import { useSetLogo } from '../api/workspace-logo-queries.ts';
import { confirm } from '../ui/confirm.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { WorkspaceForm } from './workspace-form.tsx';
import classes from './workspace-page.module.css';

/** The workspace's settings and logo. */
export function WorkspacePage() {
  const canManage = useHasScope('workspace:manage');
  const { data: workspace, error, refetch } = useQuery(workspaceQuery);
  return (
    <>
      <PageHeader title="Workspace" />
      <div className={classes.body}>
        {error && !workspace && <ErrorPanel error={error} retry={() => void refetch()} />}
        {!workspace && !error && <Skeleton height={240} />}
        {workspace && (canManage ? <WorkspaceForm workspace={workspace} /> : <Shown workspace={workspace} />)}
        <Logo />
      </div>
    </>
  );
}

function Shown({ workspace }: { workspace: Workspace }) {
  return (
    <PropertyList label="Workspace">
      <Property name="Name">{workspace.name}</Property>
      <Property name="Currency">{workspace.currency}</Property>
      <Property name="Country">{workspace.default_country ?? 'None'}</Property>
      <Property name="Time zone">{workspace.time_zone}</Property>
      <Property name="Number and date format">{workspace.locale}</Property>
    </PropertyList>
  );
}

const ACCEPTED = 'image/png,image/jpeg,image/webp,image/gif';
const MAX_BYTES = 1024 * 1024;

function Logo() {
  const { workspace } = useSession();
  const canManage = useHasScope('workspace:manage');
  const { mutate, isPending } = useSetLogo();
  const [error, setError] = useState<Error | null>(null);
  const { logo_url: url } = workspace;

  const save = (file: File | null) => {
    setError(null);
    if (file && file.size > MAX_BYTES)
      return setError(validationError('file', 'The file is too large: at most 1 MB.'));
    mutate(file, {
      onSuccess: () => notifyDone(file ? 'Logo saved' : 'Logo deleted'),
      onError: setError,
    });
  };

  return (
    <section aria-labelledby="logo-title" className={classes.section}>
      <Stack gap="sm" align="flex-start">
        <div>
          <Title order={2} id="logo-title">
            Logo
          </Title>
          <Text size="sm" c="dimmed">
            Shown in the sidebar and on public form pages. PNG, JPEG, WebP or GIF, at most 1 MB and 4096
            pixels a side.
          </Text>
        </div>
        {error && <ErrorPanel error={error} />}
        <div className={classes.frame}>
          {url === null ? (
            <Text size="sm">No logo</Text>
          ) : (
            <img src={url} alt={`Logo of ${workspace.name}`} />
          )}
        </div>
        {canManage && (
          <Group gap="xs">
            {/* A new button for each logo, so that the same file can be chosen again. */}
            <FileButton
              key={url ?? ''}
              accept={ACCEPTED}
              onChange={(file) => file && save(file)}
              inputProps={{ 'aria-label': 'Logo file' }}
            >
              {(props) => (
                <Button {...props} variant="default" loading={isPending}>
                  {url === null ? 'Upload logo' : 'Replace'}
                </Button>
              )}
            </FileButton>
            {url !== null && (
              <Button
                variant="subtle"
                color="red"
                disabled={isPending}
                onClick={() =>
                  confirm({
                    title: 'Delete the logo?',
                    text: 'The sidebar shows the initial of the workspace again, and form pages show no logo.',
                    action: 'Delete logo',
                    onConfirm: () => save(null),
                  })
                }
              >
                Delete
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </section>
  );
}
