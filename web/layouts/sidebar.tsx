import { Box, Kbd, Text, UnstyledButton } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useObjects } from '../api/object-queries.ts';
import { useScopeCheck } from '../api/session-queries.ts';
import { destinationsIn, recordDestinations, type Destination } from './nav-items.ts';
import { NoticeBell } from './notice-bell.tsx';
import { PersonMenu } from './person-menu.tsx';
import classes from './sidebar.module.css';
import { WorkspaceMenu } from './workspace-menu.tsx';

export function Sidebar() {
  const modifier = useOs() === 'macos' ? '⌘' : 'Ctrl';
  return (
    <div className={classes.root}>
      <div className={classes.head}>
        <WorkspaceMenu />
        <Box visibleFrom="sm">
          <NoticeBell />
        </Box>
      </div>
      <UnstyledButton className={classes.search} onClick={spotlight.open} aria-keyshortcuts="Control+K">
        <IconSearch size={15} stroke={1.6} aria-hidden />
        <span>Search…</span>
        <Kbd size="xs" aria-hidden>
          {modifier} K
        </Kbd>
      </UnstyledButton>
      <nav className={classes.nav} aria-label="Main">
        <Links destinations={recordDestinations(useObjects())} />
        <Text component="h2" className={classes.heading}>
          Settings
        </Text>
        <Links destinations={destinationsIn('settings')} />
      </nav>
      <PersonMenu />
    </div>
  );
}

function Links({ destinations }: { destinations: readonly Destination[] }) {
  const hasScope = useScopeCheck();
  return destinations
    .filter(({ scope, isInPaletteOnly }) => !isInPaletteOnly && (scope === null || hasScope(scope)))
    .map(({ label, icon: Icon, link }) => (
      <Link key={label} {...link} className={classes.link} activeOptions={{ includeSearch: false }}>
        <Icon size={17} stroke={1.6} aria-hidden />
        {label}
      </Link>
    ));
}
