import { Menu, Text, UnstyledButton } from '@mantine/core';
import { IconCheck, IconSelector } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useSession, useSwitchWorkspace } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { notifyError } from '../ui/notify.tsx';
import { WorkspaceMark } from '../ui/workspace-mark.tsx';
import classes from './sidebar.module.css';

/** The current workspace; a menu if the user has several. */
export function WorkspaceMenu() {
  const { workspace, workspaces } = useSession();
  const router = useRouter();
  const { mutate: switchTo } = useSwitchWorkspace(router.buildLocation(paths.home()).href);
  const label = (
    <>
      <WorkspaceMark workspace={workspace} />
      <Text size="sm" fw={600} truncate className={classes.lines}>
        {workspace.name}
      </Text>
    </>
  );
  if (workspaces.length < 2) return <div className={classes.person}>{label}</div>;
  return (
    <Menu position="bottom-start" width="target">
      <Menu.Target>
        <UnstyledButton className={classes.person} aria-label={`Workspace ${workspace.name}: switch`}>
          {label}
          <IconSelector size={15} stroke={1.6} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Workspaces</Menu.Label>
        {workspaces.map(({ id, name, logo_url }) => (
          <Menu.Item
            key={id}
            leftSection={<WorkspaceMark workspace={{ name, logo_url }} />}
            rightSection={id === workspace.id && <IconCheck size={14} aria-label="current" />}
            onClick={() => id !== workspace.id && switchTo(id, { onError: notifyError })}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
