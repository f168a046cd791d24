import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from './api/session-queries.ts';
import { contactSearch } from './crm/contacts/contact-search.ts';
import { companySearch } from './crm/companies/company-search.ts';
import { dealSearch } from './crm/deals/deal-search.ts';
import { taskSearch } from './crm/tasks/task-search.ts';
import { analyticsSearch } from './crm/leads/analytics/analytics-search.ts';
import { leadSearch } from './crm/leads/lead-search.ts';
import { deliverySearch } from './settings/webhooks/delivery-search.ts';
import { eventSearch } from './settings/webhooks/event-search.ts';
import { paths } from './paths.ts';
import { ErrorPage } from './ui/error-page.tsx';
import { NotFoundPage } from './ui/not-found-page.tsx';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });

/** Signed-out pages. */
const outside = createRoute({
  getParentRoute: () => root,
  id: 'outside',
  component: lazyRouteComponent(() => import('./layouts/outside-layout.tsx'), 'OutsideLayout'),
});
const signIn = createRoute({
  getParentRoute: () => outside,
  path: '/sign-in',
  validateSearch: ({ next }: Record<string, unknown>) => ({
    next: typeof next === 'string' ? next : undefined,
  }),
  component: lazyRouteComponent(() => import('./account/sign-in.tsx'), 'SignIn'),
});
const forgotPassword = createRoute({
  getParentRoute: () => outside,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('./account/forgot-password.tsx'), 'ForgotPassword'),
});
const setup = createRoute({
  getParentRoute: () => outside,
  path: '/setup',
  component: lazyRouteComponent(() => import('./account/setup.tsx'), 'Setup'),
});
const invitation = createRoute({
  getParentRoute: () => outside,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./account/invitation.tsx'), 'Invitation'),
});
const resetPassword = createRoute({
  getParentRoute: () => outside,
  path: '/reset-password',
  component: lazyRouteComponent(() => import('./account/reset-password.tsx'), 'ResetPassword'),
});

/** Signed-in pages; without a session, they redirect to sign-in and back. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: lazyRouteComponent(() => import('./layouts/app-layout.tsx'), 'AppLayout'),
  async beforeLoad({ context, location }) {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (session === null) throw redirect(paths.signIn(location.href));
  },
});
const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad() {
    throw redirect({ ...paths.contacts(), replace: true });
  },
});

const contacts = createRoute({
  getParentRoute: () => inside,
  path: '/contacts',
  validateSearch: contactSearch,
  component: lazyRouteComponent(() => import('./crm/contacts/contact-list.tsx'), 'ContactList'),
});
const contact = createRoute({
  getParentRoute: () => inside,
  path: '/contacts/$id',
  component: lazyRouteComponent(() => import('./crm/contacts/contact-page.tsx'), 'ContactPage'),
});
const companies = createRoute({
  getParentRoute: () => inside,
  path: '/companies',
  validateSearch: companySearch,
  component: lazyRouteComponent(() => import('./crm/companies/company-list.tsx'), 'CompanyList'),
});
const company = createRoute({
  getParentRoute: () => inside,
  path: '/companies/$id',
  component: lazyRouteComponent(() => import('./crm/companies/company-page.tsx'), 'CompanyPage'),
});
const deals = createRoute({
  getParentRoute: () => inside,
  path: '/deals',
  validateSearch: dealSearch,
  component: lazyRouteComponent(() => import('./crm/deals/deal-list.tsx'), 'DealList'),
});
const deal = createRoute({
  getParentRoute: () => inside,
  path: '/deals/$id',
  component: lazyRouteComponent(() => import('./crm/deals/deal-page.tsx'), 'DealPage'),
});
const tasks = createRoute({
  getParentRoute: () => inside,
  path: '/tasks',
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import('./crm/tasks/task-list.tsx'), 'TaskList'),
});
const task = createRoute({
  getParentRoute: () => inside,
  path: '/tasks/$id',
  component: lazyRouteComponent(() => import('./crm/tasks/task-page.tsx'), 'TaskPage'),
});

const leads = createRoute({
  getParentRoute: () => inside,
  path: '/leads',
  validateSearch: leadSearch,
  component: lazyRouteComponent(() => import('./crm/leads/lead-list.tsx'), 'LeadList'),
});
const leadAnalytics = createRoute({
  getParentRoute: () => inside,
  path: '/leads/analytics',
  validateSearch: analyticsSearch,
  component: lazyRouteComponent(
    () => import('./crm/leads/analytics/lead-analytics-page.tsx'),
    'LeadAnalyticsPage',
  ),
});
const lead = createRoute({
  getParentRoute: () => inside,
  path: '/leads/$id',
  component: lazyRouteComponent(() => import('./crm/leads/lead-page.tsx'), 'LeadPage'),
});

const forms = createRoute({
  getParentRoute: () => inside,
  path: '/forms',
  component: lazyRouteComponent(() => import('./crm/forms/form-list.tsx'), 'FormList'),
});
const newForm = createRoute({
  getParentRoute: () => inside,
  path: '/forms/new',
  component: lazyRouteComponent(() => import('./crm/forms/form-builder.tsx'), 'NewForm'),
});
const form = createRoute({
  getParentRoute: () => inside,
  path: '/forms/$id',
  component: lazyRouteComponent(() => import('./crm/forms/form-overview.tsx'), 'FormOverview'),
});
const editForm = createRoute({
  getParentRoute: () => inside,
  path: '/forms/$id/edit',
  component: lazyRouteComponent(() => import('./crm/forms/form-builder.tsx'), 'EditForm'),
});

const apiKeys = createRoute({
  getParentRoute: () => inside,
  path: '/settings/api-keys',
  component: lazyRouteComponent(() => import('./settings/api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
});
const webhooks = createRoute({
  getParentRoute: () => inside,
  path: '/settings/webhooks',
  component: lazyRouteComponent(() => import('./settings/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
});
const examplePayloads = createRoute({
  getParentRoute: () => inside,
  path: '/settings/webhooks/example-payload-shapes',
  component: lazyRouteComponent(
    () => import('./settings/webhooks/example-payloads-page.tsx'),
    'ExamplePayloadsPage',
  ),
});
const testInbox = createRoute({
  getParentRoute: () => inside,
  path: '/settings/webhooks/test-inbox',
  component: lazyRouteComponent(() => import('./settings/webhooks/inbox-page.tsx'), 'InboxPage'),
});
const webhook = createRoute({
  getParentRoute: () => inside,
  path: '/settings/webhooks/$id',
  validateSearch: deliverySearch,
  component: lazyRouteComponent(() => import('./settings/webhooks/webhook-page.tsx'), 'WebhookPage'),
});
const leadSettings = createRoute({
  getParentRoute: () => inside,
  path: '/settings/leads',
  component: lazyRouteComponent(() => import('./settings/leads/lead-settings-page.tsx'), 'LeadSettingsPage'),
});
const crmWebhook = createRoute({
  getParentRoute: () => inside,
  path: '/settings/crm-webhook',
  component: lazyRouteComponent(
    () => import('./settings/crm-webhook/crm-webhook-page.tsx'),
    'CrmWebhookPage',
  ),
});
const deliveries = createRoute({
  getParentRoute: () => inside,
  path: '/settings/deliveries',
  validateSearch: deliverySearch,
  component: lazyRouteComponent(() => import('./settings/webhooks/deliveries-page.tsx'), 'DeliveriesPage'),
});
const events = createRoute({
  getParentRoute: () => inside,
  path: '/settings/events',
  validateSearch: eventSearch,
  component: lazyRouteComponent(() => import('./settings/webhooks/events-page.tsx'), 'EventsPage'),
});
const eventTypes = createRoute({
  getParentRoute: () => inside,
  path: '/settings/event-types',
  component: lazyRouteComponent(() => import('./settings/webhooks/event-types-page.tsx'), 'EventTypesPage'),
});
const retention = createRoute({
  getParentRoute: () => inside,
  path: '/settings/retention',
  component: lazyRouteComponent(() => import('./settings/retention/retention-page.tsx'), 'RetentionPage'),
});
const members = createRoute({
  getParentRoute: () => inside,
  path: '/settings/members',
  component: lazyRouteComponent(() => import('./settings/members/members-page.tsx'), 'MembersPage'),
});
const profile = createRoute({
  getParentRoute: () => inside,
  path: '/settings/profile',
  component: lazyRouteComponent(() => import('./settings/profile-page.tsx'), 'ProfilePage'),
});
const auditLog = createRoute({
  getParentRoute: () => inside,
  path: '/settings/audit-log',
  component: lazyRouteComponent(() => import('./settings/audit-log-page.tsx'), 'AuditLogPage'),
});

const routeTree = root.addChildren([
  outside.addChildren([signIn, forgotPassword, setup, invitation, resetPassword]),
  inside.addChildren([
    home,
    contacts,
    contact,
    companies,
    company,
    deals,
    deal,
    tasks,
    task,
    leads,
    leadAnalytics,
    lead,
    forms,
    newForm,
    form,
    editForm,
    apiKeys,
    webhooks,
    examplePayloads,
    testInbox,
    webhook,
    leadSettings,
    crmWebhook,
    deliveries,
    events,
    eventTypes,
    retention,
    members,
    profile,
    auditLog,
  ]),
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    scrollRestoration: true,
    defaultPreload: 'intent',
    // React Query manages staleness.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
