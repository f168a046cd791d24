import { Drawer } from '@mantine/core';
import { useMounted } from '@mantine/hooks';
import classes from './menu-drawer.module.css';
import { Sidebar } from './sidebar.tsx';

/** The sidebar on a phone. */
export function MenuDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  // After the first drawing: the drawer then returns the focus to where it was.
  const isDrawn = useMounted();
  return (
    <Drawer
      opened={opened && isDrawn}
      onClose={onClose}
      position="left"
      size="17rem"
      withCloseButton={false}
      attributes={{ content: { 'aria-label': 'Menu' } }}
      classNames={{ body: classes.body! }}
    >
      <Sidebar />
    </Drawer>
  );
}
