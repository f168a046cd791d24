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
  IconStack2,
  IconTargetArrow,
  IconTransferIn,
  IconUserBolt,
  IconUserCircle,
  IconUsers,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';
import type { ObjectType } from '../api/object-queries.ts';
import { paths } from '../paths.ts';

export interface Destination {
  label: string;
  icon: Icon;
  link:
    | ReturnType<typeof paths.records>
    | ((typeof paths)[PlainPath] extends () => infer Link ? Link : never);
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

const KNOWN_RECORDS: readonly Destination[] = [
  { label: 'Leads', icon: IconInbox, link: paths.records('leads'), scope: 'leads:read' },
  {
    label: 'Lead analytics',
    icon: IconChartBar,
    link: paths.leadAnalytics(),
    scope: 'leads:read',
    aliases: ['Leads → Analytics'],
    hidden: true,
  },
  { label: 'Forms', icon: IconForms, link: paths.forms(), scope: 'forms:read' },
  { label: 'Contacts', icon: IconAddressBook, link: paths.records('contacts'), scope: 'contacts:read' },
  { label: 'Companies', icon: IconBuilding, link: paths.records('companies'), scope: 'companies:read' },
  { label: 'Deals', icon: IconTargetArrow, link: paths.records('deals'), scope: 'deals:read' },
  { label: 'Tasks', icon: IconCircleCheck, link: paths.records('tasks'), scope: 'tasks:read' },
];

/** Pages of records: the known objects in a fixed order, then all others. */
export function recordDestinations(objects: readonly ObjectType[]): Destination[] {
  const known = new Set(KNOWN_RECORDS.map(({ scope }) => scope));
  const others = objects.map(({ plural, plural_label: label }) => ({
    label,
    icon: IconStack2,
    link: paths.records(plural),
    scope: `${plural}:read`,
  }));
  return [...KNOWN_RECORDS, ...others.filter(({ scope }) => !known.has(scope))];
}

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
    label: 'Connections',
    icon: IconPlugConnected,
    link: paths.connections(),
    scope: 'connections:read',
    aliases: ['Settings → Connections', 'Settings → Integrations', 'Inbound webhooks'],
  },
  {
    label: 'CRM webhook',
    icon: IconTransferIn,
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
