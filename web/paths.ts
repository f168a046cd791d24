import { linkOptions } from '@tanstack/react-router';

/** Builds all links to pages of the dashboard; the routes are in routes.tsx. */
export const paths = {
  home: () => linkOptions({ to: '/' }),

  signIn: (next?: string) => linkOptions({ to: '/sign-in', search: { next } }),
  forgotPassword: () => linkOptions({ to: '/forgot-password' }),

  /** @param plural the object, as in `contacts` */
  records: (plural: string) => linkOptions({ to: '/$plural', params: { plural } }),
  newRecord: (plural: string) =>
    linkOptions({ to: '/$plural', params: { plural }, search: { create: true } }),
  record: (plural: string, id: string) => linkOptions({ to: '/$plural/$id', params: { plural, id } }),

  leadAnalytics: () => linkOptions({ to: '/leads/analytics' }),
  forms: () => linkOptions({ to: '/forms' }),
  newForm: () => linkOptions({ to: '/forms/new' }),
  form: (id: string) => linkOptions({ to: '/forms/$id', params: { id } }),
  editForm: (id: string) => linkOptions({ to: '/forms/$id/edit', params: { id } }),

  apiKeys: () => linkOptions({ to: '/settings/api-keys' }),
  webhooks: () => linkOptions({ to: '/settings/webhooks' }),
  ipAddresses: () => linkOptions({ to: '/settings/webhooks', hash: 'ip-addresses' }),
  webhook: (id: string) => linkOptions({ to: '/settings/webhooks/$id', params: { id } }),
  examplePayloads: () => linkOptions({ to: '/settings/webhooks/example-payload-shapes' }),
  leadSettings: () => linkOptions({ to: '/settings/leads' }),
  crmWebhook: () => linkOptions({ to: '/settings/crm-webhook' }),
  testInbox: () => linkOptions({ to: '/settings/webhooks/test-inbox' }),
  connections: () => linkOptions({ to: '/settings/connections' }),
  connection: (id: string) => linkOptions({ to: '/settings/connections/$id', params: { id } }),
  deliveries: () => linkOptions({ to: '/settings/deliveries' }),
  deliveriesOf: (eventId: string) =>
    linkOptions({ to: '/settings/deliveries', search: { event_id: eventId } }),
  events: () => linkOptions({ to: '/settings/events' }),
  eventTypes: () => linkOptions({ to: '/settings/event-types' }),
  retention: () => linkOptions({ to: '/settings/retention' }),
  members: () => linkOptions({ to: '/settings/members' }),
  profile: () => linkOptions({ to: '/settings/profile' }),
  auditLog: () => linkOptions({ to: '/settings/audit-log' }),
};

/** Served outside the dashboard. */
export const API_REFERENCE = '/docs';
