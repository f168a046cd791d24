import {
  IconAddressBook,
  IconBraces,
  IconBuilding,
  IconCircleCheck,
  IconForms,
  IconHistory,
  IconKey,
  IconNetwork,
  IconTargetArrow,
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
  /** What a session needs to see it; null where anyone may. */
  scope: string | null;
  /** Names and paths under which the documents of other CRMs send people there. */
  alsoKnownAs?: readonly string[];
  /** Found in the palette alone. */
  hidden?: boolean;
}

type PlainPath = {
  [Name in keyof typeof paths]: Parameters<(typeof paths)[Name]> extends [] ? Name : never;
}[keyof typeof paths];

export const RECORDS: readonly Destination[] = [
  { label: 'Contacts', icon: IconAddressBook, link: paths.contacts(), scope: 'contacts:read' },
  { label: 'Companies', icon: IconBuilding, link: paths.companies(), scope: 'companies:read' },
  { label: 'Deals', icon: IconTargetArrow, link: paths.deals(), scope: 'deals:read' },
  { label: 'Forms', icon: IconForms, link: paths.forms(), scope: 'forms:read' },
  { label: 'Tasks', icon: IconCircleCheck, link: paths.tasks(), scope: 'tasks:read' },
];

export const SETTINGS: readonly Destination[] = [
  {
    label: 'API keys',
    icon: IconKey,
    link: paths.apiKeys(),
    scope: 'keys:read',
    alsoKnownAs: ['Settings → API keys', 'API → API Keys', 'Lead API Keys', 'Settings → Lead API Keys'],
  },
  {
    label: 'Webhooks',
    icon: IconWebhook,
    link: paths.webhooks(),
    scope: 'webhooks:read',
    alsoKnownAs: ['Settings → Webhooks', 'Settings → Integrations → Webhooks', 'Web & Other Integrations'],
  },
  {
    label: 'Example payload shapes',
    icon: IconBraces,
    link: paths.examplePayloads(),
    scope: null,
    alsoKnownAs: ['Settings → Webhooks → Example payload shapes'],
    hidden: true,
  },
  {
    label: 'IP addresses',
    icon: IconNetwork,
    link: paths.ipAddresses(),
    scope: 'webhooks:read',
    alsoKnownAs: ['Settings → Integrations → Webhooks → IP Addresses'],
    hidden: true,
  },
  {
    label: 'Members',
    icon: IconUsers,
    link: paths.members(),
    scope: 'members:read',
    alsoKnownAs: ['Settings → Members'],
  },
  {
    label: 'Audit log',
    icon: IconHistory,
    link: paths.auditLog(),
    scope: 'workspace:manage',
    alsoKnownAs: ['Settings → Audit log'],
  },
  {
    label: 'Profile',
    icon: IconUserCircle,
    link: paths.profile(),
    scope: null,
    alsoKnownAs: ['Settings → Profile', 'Change password'],
  },
];
