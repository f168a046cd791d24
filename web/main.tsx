import './mantine.css';
import '@mantine/notifications/styles.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/query-client.ts';
import { createAppRouter } from './routes.tsx';
import { theme, variables } from './theme.ts';
import { ConfirmArea } from './ui/confirm.tsx';
import { NotificationList } from './ui/notification-list.tsx';

const queries = createQueryClient();
const router = createAppRouter(queries);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={variables}>
      <QueryClientProvider client={queries}>
        <NotificationList />
        <RouterProvider router={router} />
        <ConfirmArea />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
