import { ActionIcon, Box, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMenu2 } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { sessionQuery } from '../api/session-queries.ts';
import { findView } from '../crm/object-views.ts';
import { paths } from '../paths.ts';
import { setRegion } from '../ui/format.ts';
import { ObjectViews } from '../record/object-view.ts';
import classes from './app-layout.module.css';
import { NoticeBell } from './notice-bell.tsx';
import { PaletteLoader } from './palette-loader.tsx';
import { Sidebar } from './sidebar.tsx';

/** Loaded when the menu of a phone is first opened. */
const MenuDrawer = lazy(async () => ({ default: (await import('./menu-drawer.tsx')).MenuDrawer }));

/** The layout of all signed-in pages. Redirects to sign-in when the session has ended. */
export function AppLayout() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const pathname = useLocation({ select: (location) => location.pathname });
  const [menuOpen, { open: openMenu, close: closeMenu }] = useDisclosure();
  const [wasMenuOpened, setMenuOpened] = useState(false);
  if (menuOpen && !wasMenuOpened) setMenuOpened(true);
  useEffect(closeMenu, [pathname, closeMenu]);
  if (session === null) return <RedirectToSignIn />;
  const { locale, time_zone: timeZone, currency } = session.workspace;
  // Before anything below is drawn. The key draws it again after a change.
  setRegion(session.workspace);

  return (
    <ObjectViews value={findView}>
      <div className={classes.shell}>
        <a href="#main" className={classes.skip}>
          Skip to content
        </a>
        <Box component="aside" className={classes.side} visibleFrom="sm">
          <Sidebar />
        </Box>
        <Box component="header" className={classes.top} hiddenFrom="sm">
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Open menu" onClick={openMenu}>
            <IconMenu2 size={20} stroke={1.6} />
          </ActionIcon>
          <Text fw={600} truncate flex={1}>
            {session.workspace.name}
          </Text>
          <NoticeBell />
        </Box>
        {wasMenuOpened && (
          <Suspense>
            <MenuDrawer opened={menuOpen} onClose={closeMenu} />
          </Suspense>
        )}
        <main id="main" className={classes.main} tabIndex={-1}>
          <Outlet key={`${locale} ${timeZone} ${currency}`} />
        </main>
        <PaletteLoader />
      </div>
    </ObjectViews>
  );
}

/** Redirects to sign-in and back afterwards. The state keeps the original URL while the location changes. */
function RedirectToSignIn() {
  const { href } = useLocation();
  const [origin] = useState(href);
  const navigate = useNavigate();
  useEffect(() => void navigate({ ...paths.signIn(origin), replace: true }), [origin, navigate]);
  return null;
}
