import { Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { IconBook, IconDots, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useSession, useSignOut } from '../api/session-queries.ts';
import { API_REFERENCE, paths } from '../paths.ts';
import { MenuLink } from '../ui/router-links.tsx';
import { notifyError } from '../ui/notify.tsx';
import classes from './sidebar.module.css';

/** The account menu: profile, API reference, theme, sign out. */
export function PersonMenu() {
  const { user, role } = useSession();
  const router = useRouter();
  const { mutate: signOut } = useSignOut(router.buildLocation(paths.signIn()).href);
  return (
    <Menu position="top-start" width={224}>
      <Menu.Target>
        <UnstyledButton className={classes.person}>
          <div className={classes.lines}>
            <Text size="sm" fw={500} truncate>
              {user.name}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {user.email}
            </Text>
          </div>
          <IconDots size={16} stroke={1.6} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {role}</Menu.Label>
        <MenuLink {...paths.profile()} leftSection={<IconUserCircle size={16} stroke={1.6} />}>
          Profile
        </MenuLink>
        <Menu.Item
          component="a"
          href={API_REFERENCE}
          target="_blank"
          leftSection={<IconBook size={16} stroke={1.6} />}
        >
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <ThemeSwitch />
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} stroke={1.6} />}
          onClick={() => signOut(undefined, { onError: notifyError })}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label="Theme"
      fullWidth
      size="xs"
      value={colorScheme}
      onChange={setColorScheme}
      data={[
        { value: 'light', label: 'Light' },
        { value: 'dark', label: 'Dark' },
        { value: 'auto', label: 'Auto' },
      ]}
    />
  );
}
