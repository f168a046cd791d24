import {
  IconAddressBook,
  IconArchive,
  IconBolt,
  IconBraces,
  IconBuilding,
  IconBuildingStore,
  IconCategoryPlus,
  IconCalendarEvent,
  IconCalendarPlus,
  IconCalendarTime,
  IconChartBar,
  IconCircleCheck,
  IconForms,
  IconHistory,
  IconHome,
  IconInbox,
  IconKey,
  IconLayoutKanban,
  IconNetwork,
  IconPlugConnected,
  IconPlus,
  IconSend,
  IconSettings,
  IconTag,
  IconTrash,
  IconTargetArrow,
  IconTransferIn,
  IconUserBolt,
  IconUserCircle,
  IconUsers,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';
import { analyticsSearch } from './crm/leads/analytics/analytics-search.ts';
import { objectViews } from './crm/object-views.ts';
import { lazy, type Page } from './page-definition.ts';
import { listSearch } from './record/list-search.ts';
import { deliverySearch } from './settings/webhooks/delivery-search.ts';
import { eventSearch } from './settings/webhooks/event-search.ts';

/** With the views of objects, which these pages need at once. */
async function objectPages() {
  const views = objectViews();
  const { ListPage, RecordPage } = await import('./record/object-pages.tsx');
  await views;
  return { ListPage, RecordPage };
}

/** Every page; in navigation and palette, a group has this order. */
export const PAGES = {
  signIn: {
    path: '/sign-in',
    frame: 'outside',
    title: 'Sign in',
    search: ({ next }: Record<string, unknown>) => ({ next: typeof next === 'string' ? next : undefined }),
    component: lazy(() => import('./account/sign-in.tsx'), 'SignIn'),
  },
  forgotPassword: {
    path: '/forgot-password',
    frame: 'outside',
    title: 'Forgot your password?',
    component: lazy(() => import('./account/forgot-password.tsx'), 'ForgotPassword'),
  },
  setup: {
    path: '/setup',
    frame: 'outside',
    title: 'Set up Fairlead',
    component: lazy(() => import('./account/setup.tsx'), 'Setup'),
  },
  invitation: {
    path: '/invitation',
    frame: 'outside',
    title: null,
    component: lazy(() => import('./account/invitation.tsx'), 'Invitation'),
  },
  resetPassword: {
    path: '/reset-password',
    frame: 'outside',
    title: 'Set a new password',
    component: lazy(() => import('./account/reset-password.tsx'), 'ResetPassword'),
  },

  home: {
    path: '/',
    frame: 'inside',
    title: 'Home',
    component: lazy(() => import('./home/home-page.tsx'), 'HomePage'),
    nav: { group: 'records', icon: IconHome, aliases: ['Dashboard', 'Today'] },
  },
  settings: {
    path: '/settings',
    frame: 'inside',
    title: 'Settings',
    component: lazy(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
    nav: { group: 'settings', icon: IconSettings, isInPaletteOnly: true },
  },

  leadAnalytics: {
    path: '/leads/analytics',
    frame: 'inside',
    title: 'Lead analytics',
    search: analyticsSearch,
    component: lazy(() => import('./crm/leads/analytics/lead-analytics-page.tsx'), 'LeadAnalyticsPage'),
    scope: 'leads:read',
    nav: { group: 'records', icon: IconChartBar, isInPaletteOnly: true, aliases: ['Leads → Analytics'] },
  },
  forms: {
    path: '/forms',
    frame: 'inside',
    title: 'Forms',
    component: lazy(() => import('./crm/forms/form-list.tsx'), 'FormList'),
    scope: 'forms:read',
    nav: { group: 'records', icon: IconForms },
  },
  newForm: {
    path: '/forms/new',
    frame: 'inside',
    title: 'New form',
    component: lazy(() => import('./crm/forms/form-builder.tsx'), 'NewForm'),
    scope: 'forms:write',
    nav: { group: 'create', icon: IconPlus },
  },
  form: {
    path: '/forms/$id',
    frame: 'inside',
    title: null,
    component: lazy(() => import('./crm/forms/form-overview.tsx'), 'FormOverview'),
    scope: 'forms:read',
  },
  editForm: {
    path: '/forms/$id/edit',
    frame: 'inside',
    title: null,
    component: lazy(() => import('./crm/forms/form-builder.tsx'), 'EditForm'),
    scope: 'forms:write',
  },

  bookingPages: {
    path: '/booking-pages',
    frame: 'inside',
    title: 'Booking pages',
    component: lazy(() => import('./scheduling/booking-pages/booking-page-list.tsx'), 'BookingPageList'),
    scope: 'booking:read',
    nav: {
      group: 'records',
      icon: IconCalendarPlus,
      aliases: ['Event types', 'Meeting links', 'Scheduling links', 'Settings → Calendars'],
    },
  },
  newBookingPage: {
    path: '/booking-pages/new',
    frame: 'inside',
    title: 'New booking page',
    component: lazy(() => import('./scheduling/booking-pages/booking-page-editor.tsx'), 'NewBookingPage'),
    scope: 'booking:manage',
    nav: { group: 'create', icon: IconPlus },
  },
  bookingPage: {
    path: '/booking-pages/$id',
    frame: 'inside',
    title: null,
    component: lazy(() => import('./scheduling/booking-pages/booking-page-editor.tsx'), 'EditBookingPage'),
    scope: 'booking:read',
  },

  apiKeys: {
    path: '/settings/api-keys',
    frame: 'inside',
    title: 'API keys',
    component: lazy(() => import('./settings/api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
    scope: 'keys:read',
    nav: {
      group: 'settings',
      icon: IconKey,
      aliases: [
        'Settings → API keys',
        'Settings → API → API Keys',
        'Lead API Keys',
        'Settings → Integrations → Lead API Keys',
      ],
    },
  },
  webhooks: {
    path: '/settings/webhooks',
    frame: 'inside',
    title: 'Webhooks',
    component: lazy(() => import('./settings/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
    scope: 'webhooks:read',
    nav: {
      group: 'settings',
      icon: IconWebhook,
      aliases: ['Settings → Webhooks', 'Settings → Integrations → Webhooks', 'Web & Other Integrations'],
      features: [
        'Settings → Webhooks → Edit events',
        'Settings → Webhooks → Rotate secret',
        'Settings → Webhooks → Send test',
        'Settings → Webhooks → Send pending now',
      ],
      sections: [
        {
          hash: 'ip-addresses',
          title: 'IP addresses',
          icon: IconNetwork,
          aliases: ['Settings → Integrations → Webhooks → IP Addresses'],
        },
      ],
    },
  },
  examplePayloads: {
    path: '/settings/webhooks/example-payload-shapes',
    frame: 'inside',
    title: 'Example payload shapes',
    component: lazy(() => import('./settings/webhooks/example-payloads-page.tsx'), 'ExamplePayloadsPage'),
    nav: {
      group: 'settings',
      icon: IconBraces,
      isInPaletteOnly: true,
      aliases: ['Settings → Webhooks → Example payload shapes'],
    },
  },
  testInbox: {
    path: '/settings/webhooks/test-inbox',
    frame: 'inside',
    title: 'Test inbox',
    component: lazy(() => import('./settings/webhooks/inbox-page.tsx'), 'InboxPage'),
    scope: 'webhooks:read',
    nav: {
      group: 'settings',
      icon: IconInbox,
      isInPaletteOnly: true,
      aliases: ['Settings → Webhooks → Test inbox'],
    },
  },
  webhook: {
    path: '/settings/webhooks/$id',
    frame: 'inside',
    title: null,
    search: deliverySearch,
    component: lazy(() => import('./settings/webhooks/webhook-page.tsx'), 'WebhookPage'),
    scope: 'webhooks:read',
  },
  leadSettings: {
    path: '/settings/leads',
    frame: 'inside',
    title: 'Lead settings',
    component: lazy(() => import('./settings/leads/lead-settings-page.tsx'), 'LeadSettingsPage'),
    scope: 'leads:read',
    nav: {
      group: 'settings',
      icon: IconUserBolt,
      aliases: [
        'Settings → Leads',
        'Lead sources',
        'Lead event types',
        'Interests',
        'Lead statuses',
        'Leads per hour',
      ],
    },
  },
  pipelines: {
    path: '/settings/pipelines',
    frame: 'inside',
    title: 'Pipelines',
    component: lazy(() => import('./settings/pipelines/pipelines-page.tsx'), 'PipelinesPage'),
    scope: 'pipelines:read',
    nav: {
      group: 'settings',
      icon: IconLayoutKanban,
      aliases: ['Settings → Pipelines', 'Deal stages', 'Stage probability', 'Sales process'],
    },
  },
  tags: {
    path: '/settings/tags',
    frame: 'inside',
    title: 'Tags',
    component: lazy(() => import('./settings/tags/tags-page.tsx'), 'TagsPage'),
    scope: 'tags:read',
    nav: {
      group: 'settings',
      icon: IconTag,
      aliases: ['Settings → Tags', 'Rename a tag', 'Merge tags', 'Labels'],
    },
  },
  connections: {
    path: '/settings/connections',
    frame: 'inside',
    title: 'Connections',
    component: lazy(() => import('./settings/connections/connections-page.tsx'), 'ConnectionsPage'),
    scope: 'connections:read',
    nav: {
      group: 'settings',
      icon: IconPlugConnected,
      aliases: ['Settings → Connections', 'Settings → Integrations', 'Inbound webhooks'],
    },
  },
  connection: {
    path: '/settings/connections/$id',
    frame: 'inside',
    title: null,
    component: lazy(() => import('./settings/connections/connection-page.tsx'), 'ConnectionPage'),
    scope: 'connections:read',
  },
  crmWebhook: {
    path: '/settings/crm-webhook',
    frame: 'inside',
    title: 'CRM webhook',
    component: lazy(() => import('./settings/crm-webhook/crm-webhook-page.tsx'), 'CrmWebhookPage'),
    scope: 'leads:read',
    nav: {
      group: 'settings',
      icon: IconTransferIn,
      aliases: ['Settings → CRM webhook', 'Inbound secrets', 'Inbound webhook', 'Unmatched reports'],
    },
  },
  deliveries: {
    path: '/settings/deliveries',
    frame: 'inside',
    title: 'Deliveries',
    search: deliverySearch,
    component: lazy(() => import('./settings/webhooks/deliveries-page.tsx'), 'DeliveriesPage'),
    scope: 'webhooks:read',
    nav: {
      group: 'settings',
      icon: IconSend,
      aliases: ['Settings → Deliveries', 'Delivery log', 'Webhook activity', 'Recent Activity'],
    },
  },
  events: {
    path: '/settings/events',
    frame: 'inside',
    title: 'Events',
    search: eventSearch,
    component: lazy(() => import('./settings/webhooks/events-page.tsx'), 'EventsPage'),
    scope: 'events:read',
    nav: { group: 'settings', icon: IconBolt, aliases: ['Settings → Events', 'Event log'] },
  },
  eventTypes: {
    path: '/settings/event-types',
    frame: 'inside',
    title: 'Event types',
    component: lazy(() => import('./settings/webhooks/event-types-page.tsx'), 'EventTypesPage'),
    scope: 'webhooks:read',
    nav: {
      group: 'settings',
      icon: IconCategoryPlus,
      aliases: ['Settings → Event types', 'Custom event types', 'Publish an event'],
    },
  },
  retention: {
    path: '/settings/retention',
    frame: 'inside',
    title: 'Data retention',
    component: lazy(() => import('./settings/retention/retention-page.tsx'), 'RetentionPage'),
    scope: 'workspace:manage',
    nav: {
      group: 'settings',
      icon: IconArchive,
      aliases: ['Settings → Data retention', 'Retention terms', 'Stored size'],
    },
  },
  trash: {
    path: '/settings/trash',
    frame: 'inside',
    title: 'Trash',
    component: lazy(() => import('./settings/trash/trash-page.tsx'), 'TrashPage'),
    nav: {
      group: 'settings',
      icon: IconTrash,
      aliases: ['Settings → Trash', 'Recycle bin', 'Restore deleted records', 'Erase personal data'],
    },
  },
  workspace: {
    path: '/settings/workspace',
    frame: 'inside',
    title: 'Workspace',
    component: lazy(() => import('./settings/workspace-page.tsx'), 'WorkspacePage'),
    scope: 'workspace:manage',
    nav: {
      group: 'settings',
      icon: IconBuildingStore,
      aliases: ['Settings → Workspace', 'Logo', 'Branding', 'Account defaults'],
    },
  },
  members: {
    path: '/settings/members',
    frame: 'inside',
    title: 'Members',
    component: lazy(() => import('./settings/members/members-page.tsx'), 'MembersPage'),
    scope: 'members:read',
    nav: { group: 'settings', icon: IconUsers, aliases: ['Settings → Members'] },
  },
  auditLog: {
    path: '/settings/audit-log',
    frame: 'inside',
    title: 'Audit log',
    component: lazy(() => import('./settings/audit-log-page.tsx'), 'AuditLogPage'),
    scope: 'workspace:manage',
    nav: { group: 'settings', icon: IconHistory, aliases: ['Settings → Audit log'] },
  },
  availability: {
    path: '/settings/availability',
    frame: 'inside',
    title: 'My availability',
    component: lazy(() => import('./scheduling/availability/availability-page.tsx'), 'AvailabilityPage'),
    scope: 'availability:write',
    nav: {
      group: 'settings',
      icon: IconCalendarTime,
      aliases: ['Settings → Availability', 'Working hours', 'Time off', 'Calendar feed', 'Holidays'],
    },
  },
  profile: {
    path: '/settings/profile',
    frame: 'inside',
    title: 'Profile',
    component: lazy(() => import('./settings/profile-page.tsx'), 'ProfilePage'),
    nav: { group: 'settings', icon: IconUserCircle, aliases: ['Settings → Profile', 'Change password'] },
  },

  /** Lists and pages of the records of any object. A path above comes first. */
  records: {
    path: '/$plural',
    frame: 'inside',
    title: null,
    search: listSearch,
    component: lazy(objectPages, 'ListPage'),
  },
  record: {
    path: '/$plural/$id',
    frame: 'inside',
    title: null,
    component: lazy(objectPages, 'RecordPage'),
  },
  mergeRecords: {
    path: '/$plural/$id/merge',
    frame: 'inside',
    title: null,
    search: ({ with: other }: Record<string, unknown>) => ({
      with: typeof other === 'string' ? other : undefined,
    }),
    component: lazy(() => import('./record/merge/merge-page.tsx'), 'MergePage'),
  },
} as const satisfies Record<string, Page>;

export type PageName = keyof typeof PAGES;

/**
 * The order of the record lists and of the pages among them. The lists of all other objects follow, by the names and
 * fields of `GET /objects`.
 */
export const RECORD_GROUP: readonly ({ plural: string; title: string; icon: Icon } | PageName)[] = [
  'home',
  { plural: 'leads', title: 'Leads', icon: IconInbox },
  'leadAnalytics',
  'forms',
  { plural: 'contacts', title: 'Contacts', icon: IconAddressBook },
  { plural: 'companies', title: 'Companies', icon: IconBuilding },
  { plural: 'deals', title: 'Deals', icon: IconTargetArrow },
  { plural: 'tasks', title: 'Tasks', icon: IconCircleCheck },
  { plural: 'appointments', title: 'Appointments', icon: IconCalendarEvent },
  'bookingPages',
];

/** The groups of the settings in the side navigation. A page that is in none of them is among the records. */
export const SETTINGS_GROUPS: readonly { title: string; pages: readonly PageName[] }[] = [
  { title: 'Workspace', pages: ['workspace'] },
  { title: 'People', pages: ['members', 'availability', 'profile'] },
  { title: 'Records', pages: ['leadSettings', 'pipelines', 'tags', 'trash'] },
  { title: 'Connections', pages: ['connections', 'crmWebhook'] },
  { title: 'Developers', pages: ['apiKeys', 'webhooks', 'deliveries', 'events', 'eventTypes'] },
  { title: 'System', pages: ['retention', 'auditLog'] },
];
