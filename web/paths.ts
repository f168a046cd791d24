import { linkOptions } from '@tanstack/react-router';

/** Builds all links to pages of the dashboard; the routes are in routes.tsx. */
export const paths = {
  home: () => linkOptions({ to: '/' }),

  signIn: (next?: string) => linkOptions({ to: '/sign-in', search: { next } }),
  forgotPassword: () => linkOptions({ to: '/forgot-password' }),

  contacts: () => linkOptions({ to: '/contacts' }),
  newContact: () => linkOptions({ to: '/contacts', search: { create: true } }),
  contact: (id: string) => linkOptions({ to: '/contacts/$id', params: { id } }),

  companies: () => linkOptions({ to: '/companies' }),
  newCompany: () => linkOptions({ to: '/companies', search: { create: true } }),
  company: (id: string) => linkOptions({ to: '/companies/$id', params: { id } }),

  deals: () => linkOptions({ to: '/deals' }),
  newDeal: () => linkOptions({ to: '/deals', search: { create: true } }),
  deal: (id: string) => linkOptions({ to: '/deals/$id', params: { id } }),

  tasks: () => linkOptions({ to: '/tasks' }),
  newTask: () => linkOptions({ to: '/tasks', search: { create: true } }),
  task: (id: string) => linkOptions({ to: '/tasks/$id', params: { id } }),

  leads: () => linkOptions({ to: '/leads' }),
  newLead: () => linkOptions({ to: '/leads', search: { create: true } }),
  leadAnalytics: () => linkOptions({ to: '/leads/analytics' }),
  lead: (id: string) => linkOptions({ to: '/leads/$id', params: { id } }),
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
