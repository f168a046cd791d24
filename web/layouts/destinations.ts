import {
  IconAddressBook,
  IconArchive,
  IconBolt,
  IconBraces,
  IconBuilding,
  IconCategoryPlus,
  IconChartBar,
  IconCircleCheck,
  IconForms,
  IconHistory,
  IconInbox,
  IconKey,
  IconNetwork,
  IconPlugConnected,
  IconSend,
  IconTargetArrow,
  IconUserBolt,
  IconUserCircle,
  IconUsers,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';
import { paths } from '../paths.ts';

export interface Destination {
  label: string;
  icon: Icon;
  link: (typeof paths)[PlainPath] extends () => infer Link ? Link : never;
  /** The required scope; null for everyone. */
  scope: string | null;
  /** Names and paths that the documentation of other CRMs uses for this page. */
  aliases?: readonly string[];
  /** Features on this page; searchable, but not shown. */
  features?: readonly string[];
  /** Only in the command palette. */
  hidden?: boolean;
}

type PlainPath = {
  [Name in keyof typeof paths]: Parameters<(typeof paths)[Name]> extends [] ? Name : never;
}[keyof typeof paths];

export const RECORDS: readonly Destination[] = [
  { label: 'Leads', icon: IconInbox, link: paths.leads(), scope: 'leads:read' },
  {
    label: 'Lead analytics',
    icon: IconChartBar,
    link: paths.leadAnalytics(),
    scope: 'leads:read',
    aliases: ['Leads → Analytics'],
    hidden: true,
  },
  { label: 'Forms', icon: IconForms, link: paths.forms(), scope: 'forms:read' },
  { label: 'Contacts', icon: IconAddressBook, link: paths.contacts(), scope: 'contacts:read' },
  { label: 'Companies', icon: IconBuilding, link: paths.companies(), scope: 'companies:read' },
  { label: 'Deals', icon: IconTargetArrow, link: paths.deals(), scope: 'deals:read' },
  { label: 'Tasks', icon: IconCircleCheck, link: paths.tasks(), scope: 'tasks:read' },
];

export const SETTINGS: readonly Destination[] = [
  {
    label: 'API keys',
    icon: IconKey,
    link: paths.apiKeys(),
    scope: 'keys:read',
    aliases: [
      'Settings → API keys',
      'Settings → API → API Keys',
      'Lead API Keys',
      'Settings → Integrations → Lead API Keys',
    ],
  },
  {
    label: 'Webhooks',
    icon: IconWebhook,
    link: paths.webhooks(),
    scope: 'webhooks:read',
    aliases: ['Settings → Webhooks', 'Settings → Integrations → Webhooks', 'Web & Other Integrations'],
    features: [
      'Settings → Webhooks → Edit events',
      'Settings → Webhooks → Rotate secret',
      'Settings → Webhooks → Send test',
      'Settings → Webhooks → Send pending now',
    ],
  },
  {
    label: 'Example payload shapes',
    icon: IconBraces,
    link: paths.examplePayloads(),
    scope: null,
    aliases: ['Settings → Webhooks → Example payload shapes'],
    hidden: true,
  },
  {
    label: 'Test inbox',
    icon: IconInbox,
    link: paths.testInbox(),
    scope: 'webhooks:read',
    aliases: ['Settings → Webhooks → Test inbox'],
    hidden: true,
  },
  {
    label: 'IP addresses',
    icon: IconNetwork,
    link: paths.ipAddresses(),
    scope: 'webhooks:read',
    aliases: ['Settings → Integrations → Webhooks → IP Addresses'],
    hidden: true,
  },
  {
    label: 'Lead settings',
    icon: IconUserBolt,
    link: paths.leadSettings(),
    scope: 'leads:read',
    aliases: ['Settings → Leads', 'Lead sources', 'Lead event types', 'Lead statuses', 'Leads per hour'],
  },
  {
    label: 'CRM webhook',
    icon: IconPlugConnected,
    link: paths.crmWebhook(),
    scope: 'leads:read',
    aliases: ['Settings → CRM webhook', 'Inbound secrets', 'Inbound webhook', 'Unmatched reports'],
  },
  {
    label: 'Deliveries',
    icon: IconSend,
    link: paths.deliveries(),
    scope: 'webhooks:read',
    aliases: ['Settings → Deliveries', 'Delivery log', 'Webhook activity', 'Recent Activity'],
  },
  {
    label: 'Events',
    icon: IconBolt,
    link: paths.events(),
    scope: 'events:read',
    aliases: ['Settings → Events', 'Event log'],
  },
  {
    label: 'Event types',
    icon: IconCategoryPlus,
    link: paths.eventTypes(),
    scope: 'webhooks:read',
    aliases: ['Settings → Event types', 'Custom event types', 'Publish an event'],
  },
  {
    label: 'Data retention',
    icon: IconArchive,
    link: paths.retention(),
    scope: 'workspace:manage',
    aliases: ['Settings → Data retention', 'Retention terms', 'Stored size'],
  },
  {
    label: 'Members',
    icon: IconUsers,
    link: paths.members(),
    scope: 'members:read',
    aliases: ['Settings → Members'],
  },
  {
    label: 'Audit log',
    icon: IconHistory,
    link: paths.auditLog(),
    scope: 'workspace:manage',
    aliases: ['Settings → Audit log'],
  },
  {
    label: 'Profile',
    icon: IconUserCircle,
    link: paths.profile(),
    scope: null,
    aliases: ['Settings → Profile', 'Change password'],
  },
];
