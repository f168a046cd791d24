import { IconHandStop } from '@tabler/icons-react';
import { lazy, type Page } from '../page-definition.ts';

/** The pages of messages and calls besides those of their records: a part of the table in web/pages.ts. */
export const MESSAGING_PAGES = {
  consents: {
    path: '/settings/consents',
    frame: 'inside',
    title: 'Consents',
    component: lazy(() => import('./consents-page.tsx'), 'ConsentsPage'),
    scope: 'consents:manage',
    nav: {
      group: 'settings',
      icon: IconHandStop,
      aliases: ['Settings → Consents', 'Opt-outs', 'STOP', 'Do not call', 'Unsubscribed numbers'],
    },
  },
} as const satisfies Record<string, Page>;
