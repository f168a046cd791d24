import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { objectsQuery } from './api/object-queries.ts';
import { sessionQuery } from './api/session-queries.ts';
import { analyticsSearch } from './crm/leads/analytics/analytics-search.ts';
import { deliverySearch } from './settings/webhooks/delivery-search.ts';
import { eventSearch } from './settings/webhooks/event-search.ts';
import { listSearch } from './record/list-search.ts';
import { paths } from './paths.ts';
import { ErrorPage } from './ui/error-page.tsx';
import { NotFoundPage } from './ui/not-found-page.tsx';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });

/** Signed-out pages. */
const outside = createRoute({
  getParentRoute: () => root,
  id: 'outside',
  component: lazyRouteComponent(() => import('./layouts/signed-out-layout.tsx'), 'OutsideLayout'),
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
  loader: ({ context }) => context.queries.ensureQueryData(objectsQuery),
});
const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad() {
    throw redirect({ ...paths.records('contacts'), replace: true });
  },
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
const connections = createRoute({
  getParentRoute: () => inside,
  path: '/settings/connections',
  component: lazyRouteComponent(
    () => import('./settings/connections/connections-page.tsx'),
    'ConnectionsPage',
  ),
});
const connection = createRoute({
  getParentRoute: () => inside,
  path: '/settings/connections/$id',
  component: lazyRouteComponent(() => import('./settings/connections/connection-page.tsx'), 'ConnectionPage'),
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

/** Lists and pages of records. Every other path with one or two parts comes first. */
const records = createRoute({
  getParentRoute: () => inside,
  path: '/$plural',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./record/object-pages.tsx'), 'ListPage'),
});
const record = createRoute({
  getParentRoute: () => inside,
  path: '/$plural/$id',
  component: lazyRouteComponent(() => import('./record/object-pages.tsx'), 'RecordPage'),
});

const routeTree = root.addChildren([
  outside.addChildren([signIn, forgotPassword, setup, invitation, resetPassword]),
  inside.addChildren([
    home,
    leadAnalytics,
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
    connections,
    connection,
    deliveries,
    events,
    eventTypes,
    retention,
    members,
    profile,
    auditLog,
    records,
    record,
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
