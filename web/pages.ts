import {
  IconAddressBook,
  IconBuilding,
  IconCalendarEvent,
  IconCash,
  IconChartBar,
  IconCircleCheck,
  IconForms,
  IconHome,
  IconInbox,
  IconMail,
  IconMessage,
  IconPhone,
  IconMessages,
  IconPlus,
  IconSettings,
  IconTargetArrow,
  IconRepeat,
  IconTemplate,
  type Icon,
} from '@tabler/icons-react';
import { ACCOUNT_PAGES } from './account/account-pages.ts';
import { analyticsSearch } from './crm/leads/analytics/analytics-search.ts';
import { loadListView, loadRecordViews } from './crm/object-views.ts';
import { lazy, type Page } from './page-definition.ts';
import { MESSAGING_PAGES } from './messaging/messaging-pages.ts';
import { conversationSearch } from './messaging/conversation-search.ts';
import { listSearch } from './record/list-search.ts';
import { SCHEDULING_PAGES } from './scheduling/scheduling-pages.ts';
import { SETTINGS_PAGES } from './settings/settings-pages.ts';

/** Every page; in navigation and palette, a group has this order. */
export const PAGES = {
  ...ACCOUNT_PAGES,

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

  conversations: {
    path: '/conversations',
    frame: 'inside',
    title: 'Conversations',
    search: conversationSearch,
    component: lazy(() => import('./messaging/conversations.tsx'), 'ConversationsPage'),
    scope: 'emails:read',
    nav: { group: 'records', icon: IconMessages, isInPaletteOnly: true, aliases: ['Inbox', 'Email threads'] },
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

  ...MESSAGING_PAGES,
  ...SCHEDULING_PAGES,
  ...SETTINGS_PAGES,

  /** Lists and pages of the records of any object. A path above comes first. */
  records: {
    path: '/$plural',
    frame: 'inside',
    title: null,
    search: listSearch,
    component: lazy(() => import('./record/object-pages.tsx'), 'ListPage'),
    load: loadListView,
  },
  record: {
    path: '/$plural/$id',
    frame: 'inside',
    title: null,
    component: lazy(() => import('./record/object-pages.tsx'), 'RecordPage'),
    load: loadRecordViews,
  },
  mergeRecords: {
    path: '/$plural/$id/merge',
    frame: 'inside',
    title: null,
    search: ({ with: other }: Record<string, unknown>) => ({
      with: typeof other === 'string' ? other : undefined,
    }),
    component: lazy(() => import('./record/merge/merge-page.tsx'), 'MergePage'),
    load: loadListView,
  },
} as const satisfies Record<string, Page>;

export type PageName = keyof typeof PAGES;

/**
 * The order of the record lists and of the pages among them. The lists of all other objects follow, by the names and
 * fields of `GET /objects`.
 */
export const RECORD_GROUP: readonly (ListItem | PageName)[] = [
  'home',
  { plural: 'leads', title: 'Leads', icon: IconInbox },
  'leadAnalytics',
  'forms',
  { plural: 'contacts', title: 'Contacts', icon: IconAddressBook },
  { plural: 'companies', title: 'Companies', icon: IconBuilding },
  { plural: 'deals', title: 'Deals', icon: IconTargetArrow },
  { plural: 'payments', title: 'Payments', icon: IconCash },
  // The list of payments has a switch to it.
  { plural: 'subscriptions', title: 'Subscriptions', icon: IconRepeat, isInPaletteOnly: true },
  { plural: 'tasks', title: 'Tasks', icon: IconCircleCheck },
  { plural: 'emails', title: 'Emails', icon: IconMail },
  // The list of emails has a switch to these two.
  'conversations',
  { plural: 'templates', title: 'Templates', icon: IconTemplate, isInPaletteOnly: true },
  { plural: 'messages', title: 'Messages', icon: IconMessage },
  { plural: 'calls', title: 'Calls', icon: IconPhone },
  { plural: 'appointments', title: 'Appointments', icon: IconCalendarEvent },
  'bookingPages',
];

interface ListItem {
  plural: string;
  title: string;
  icon: Icon;
  isInPaletteOnly?: true;
}

/** The groups of the settings in the side navigation. A page that is in none of them is among the records. */
export const SETTINGS_GROUPS: readonly { title: string; pages: readonly PageName[] }[] = [
  { title: 'Workspace', pages: ['workspace'] },
  { title: 'People', pages: ['members', 'availability', 'profile'] },
  { title: 'Records', pages: ['leadSettings', 'pipelines', 'tags', 'consents', 'trash'] },
  { title: 'Connections', pages: ['connections', 'inboundMail', 'suppressions', 'crmWebhook'] },
  { title: 'Developers', pages: ['apiKeys', 'webhooks', 'deliveries', 'events', 'eventTypes'] },
  { title: 'System', pages: ['retention', 'auditLog'] },
];
