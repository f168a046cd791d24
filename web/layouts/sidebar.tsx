import { Box, Kbd, Text, UnstyledButton } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { IconArrowLeft, IconSearch, IconSettings } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useObjects } from '../api/object-queries.ts';
import { useScopeCheck } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { recordDestinations, settingsGroups, type Destination } from './nav-items.ts';
import { NoticeBell } from './notice-bell.tsx';
import { openPalette } from './palette-keys.ts';
import { PersonMenu } from './person-menu.tsx';
import classes from './sidebar.module.css';
import { WorkspaceMenu } from './workspace-menu.tsx';

/** Loaded on demand: it is in no other file of the first load. */
const UnreadCount = lazy(async () => ({
  default: (await import('../messaging/unread-count.tsx')).UnreadCount,
}));

export function Sidebar() {
  const isInSettings = useLocation({ select: ({ pathname }) => /^\/settings(\/|$)/.test(pathname) });
  const modifier = useOs() === 'macos' ? '⌘' : 'Ctrl';
  return (
    <div className={classes.root}>
      <div className={classes.head}>
        <WorkspaceMenu />
        <Box visibleFrom="sm">
          <NoticeBell />
        </Box>
      </div>
      <UnstyledButton className={classes.search} onClick={openPalette} aria-keyshortcuts="Control+K">
        <IconSearch size={15} stroke={1.6} aria-hidden />
        <span>Search…</span>
        <Kbd size="xs" aria-hidden>
          {modifier} K
        </Kbd>
      </UnstyledButton>
      {isInSettings ? <SettingsNavigation /> : <MainNavigation />}
      <PersonMenu />
    </div>
  );
}

function MainNavigation() {
  return (
    <nav className={classes.nav} aria-label="Main">
      <Links destinations={recordDestinations(useObjects())} />
      <Link {...paths.settings()} className={classes.link} data-apart>
        <IconSettings size={17} stroke={1.6} aria-hidden />
        Settings
      </Link>
    </nav>
  );
}

/** In place of the main navigation on the pages of the settings. */
function SettingsNavigation() {
  const hasScope = useScopeCheck();
  return (
    <nav className={classes.nav} aria-label="Settings">
      <Link {...paths.home()} className={classes.link}>
        <IconArrowLeft size={17} stroke={1.6} aria-hidden />
        Back to Home
      </Link>
      {settingsGroups()
        .filter(({ destinations }) => destinations.some(({ scope }) => scope === null || hasScope(scope)))
        .map(({ title, destinations }) => (
          <div key={title}>
            <Text component="h2" className={classes.heading}>
              {title}
            </Text>
            <Links destinations={destinations} />
          </div>
        ))}
    </nav>
  );
}

function Links({ destinations }: { destinations: readonly Destination[] }) {
  const hasScope = useScopeCheck();
  return destinations
    .filter(({ scope, isInPaletteOnly }) => !isInPaletteOnly && (scope === null || hasScope(scope)))
    .map(({ label, icon: Icon, link, scope }) => (
      <Link
        key={label}
        {...link}
        className={classes.link}
        activeOptions={{ includeSearch: false, exact: link.to === '/' }}
      >
        <Icon size={17} stroke={1.6} aria-hidden />
        {label}
        {scope === 'emails:read' && (
          <Suspense>
            <UnreadCount />
          </Suspense>
        )}
      </Link>
    ));
}
