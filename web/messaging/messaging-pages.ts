import { IconHandStop, IconMailDown } from '@tabler/icons-react';
import { lazy, type Page } from '../page-definition.ts';

/** The pages of messages and calls besides those of their records: a part of the table in web/pages.ts. */
export const MESSAGING_PAGES = {
  inboundMail: {
    path: '/settings/incoming-email',
    frame: 'inside',
    title: 'Incoming email',
    component: lazy(() => import('./inbound-mail-page.tsx'), 'InboundMailPage'),
    scope: 'connections:read',
    nav: {
      group: 'settings',
      icon: IconMailDown,
      aliases: ['Settings → Incoming email', 'Mail in', 'Bcc address', 'Mailbox', 'Forwarding address'],
    },
  },
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
