import { useNotifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';

/** Loaded with the first notification. */
const Notifications = lazy(async () => ({
  default: (await import('./notification-area.tsx')).NotificationArea,
}));

/** The notifications of `notify.tsx`, in a corner of the window. */
export function NotificationList() {
  const { notifications } = useNotifications();
  const [isUsed, setUsed] = useState(false);
  if (notifications.length > 0 && !isUsed) setUsed(true);
  return (
    isUsed && (
      <Suspense>
        <Notifications />
      </Suspense>
    )
  );
}
