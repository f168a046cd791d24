import type { FastifyInstance } from 'fastify';
import type { Audit } from './account/audit.ts';
import type { InboundSecrets } from './account/inbound-secret.ts';
import type { Workspaces } from './account/workspace.ts';
import type { Logger } from './base/log.ts';
import { CATALOGUE, FORMATS, SCOPES } from './catalogue.ts';
import type { InboundParts } from './connections/inbound-request.ts';
import { RECORD_OBJECTS, type Crm } from './crm/crm.ts';
import type { CrmActivities } from './crm/leads/inbound/crm-activity.ts';
import { NOUNS } from './crm/nouns.ts';
import type { Inboxes } from './delivery/inbox/inbox.ts';
import type { CustomTypes } from './events/custom-event-type.ts';
import type { Route } from './http/route.ts';
import { CONNECTION_KINDS } from './integrations/connection-kinds.ts';
import { mountCrmWebhook } from './integrations/crm-webhook/crm-webhook.ts';
import { mountGoogleAds } from './integrations/google-ads/google-ads.ts';
import { withLeadApi } from './integrations/remixcrm/lead-api.ts';
import { mountTypeform } from './integrations/typeform/typeform.ts';
// In this order the API's document lists its schemas.
import { apiKeyRoutes, type ApiKeyParts } from './api/account/api-key-routes.ts';
import { connectionRoutes, type ConnectionParts } from './api/connections/connection-routes.ts';
import { mountConnections } from './api/connections/connection-receiver.ts';
import { auditRoutes } from './api/account/audit-log-routes.ts';
import { customEventRoutes, type CustomEventParts } from './api/events/custom-event-routes.ts';
import { customTypeRoutes } from './api/events/custom-event-type-routes.ts';
import { deliveryRoutes, type DeliveryRouteParts } from './api/webhooks/delivery-routes.ts';
import { egressAddressRoutes } from './api/webhooks/egress-address-routes.ts';
import { eventTypeRoutes } from './api/events/event-type-routes.ts';
import type { EventReading } from './api/events/feed-reader.ts';
import { eventStreamRoutes } from './api/events/event-stream-routes.ts';
import { eventRoutes } from './api/events/event-routes.ts';
import { inboxRoutes } from './api/webhooks/inbox-routes.ts';
import { inboundSecretRoutes } from './api/account/inbound-secret-routes.ts';
import { invitationRoutes, type InvitationParts } from './api/account/invitation-routes.ts';
import { meRoutes } from './api/account/me-routes.ts';
import { memberRoutes, type MemberParts } from './api/account/member-routes.ts';
import { eventLogRoutes } from './api/events/event-log-routes.ts';
import { planRoutes } from './api/account/plan-routes.ts';
import { scopeRoutes } from './api/account/scope-routes.ts';
import { sessionRoutes, type SessionParts } from './api/account/session-routes.ts';
import { webhookFormatRoutes } from './api/webhooks/webhook-format-routes.ts';
import { noticeRoutes, type NoticeParts } from './api/account/notice-routes.ts';
import { retentionRoutes } from './api/events/retention-routes.ts';
import { replayRoutes, type ReplayRouteParts } from './api/webhooks/webhook-replay-routes.ts';
import { webhookRoutes, type WebhookParts } from './api/webhooks/webhook-routes.ts';

/** What the routes of the API need, except what is built with the server. */
export interface RouteParts
  extends
    Omit<ApiKeyParts, 'scopes'>,
    CustomEventParts,
    DeliveryRouteParts,
    InvitationParts,
    MemberParts,
    NoticeParts,
    ReplayRouteParts,
    SessionParts,
    Omit<WebhookParts, 'inboxes'> {
  workspaces: Workspaces;
  audit: Audit;
  secrets: InboundSecrets;
  inboxes: Inboxes;
  customTypes: CustomTypes;
  egressIps: readonly string[];
  retentionDays: number;
}

/** All routes of the API, in the order of its document. */
export function apiRoutes(
  parts: RouteParts,
  {
    crm,
    reading,
    connecting,
  }: {
    crm: Pick<Crm, 'routes'>;
    reading: EventReading;
    connecting: Pick<ConnectionParts, 'connections' | 'connectionEvents'>;
  },
): Route[] {
  const { db, customTypes, inboxes, recordChange } = parts;
  return [
    ...meRoutes(parts.workspaces),
    ...planRoutes(),
    ...sessionRoutes(parts),
    ...memberRoutes(parts),
    ...invitationRoutes(parts),
    ...auditRoutes(parts.audit),
    ...apiKeyRoutes({ ...parts, scopes: SCOPES }),
    ...inboundSecretRoutes(parts),
    ...connectionRoutes({ ...parts, ...connecting, kinds: CONNECTION_KINDS, recordUrl: recordUrl(parts) }),
    ...scopeRoutes(RECORD_OBJECTS),
    ...withLeadApi(crm.routes, parts.baseUrl),
    ...webhookRoutes(parts),
    ...replayRoutes(parts),
    ...inboxRoutes(inboxes, recordChange),
    ...deliveryRoutes(parts),
    ...eventRoutes(db, reading),
    ...eventLogRoutes(parts),
    ...webhookFormatRoutes(FORMATS),
    ...eventStreamRoutes(reading),
    ...eventTypeRoutes(CATALOGUE, FORMATS, customTypes),
    ...customTypeRoutes(customTypes, CATALOGUE, recordChange),
    ...customEventRoutes(parts, customTypes),
    ...egressAddressRoutes(parts.egressIps),
    ...retentionRoutes(db, recordChange, parts.retentionDays),
    ...noticeRoutes(parts),
  ];
}

function recordUrl({ baseUrl }: Pick<RouteParts, 'baseUrl'>) {
  const plurals = new Map(NOUNS.map(({ name, plural }) => [name, plural]));
  return (type: string, id: string) => (plurals.has(type) ? `${baseUrl()}/${plurals.get(type)}/${id}` : null);
}

/** Mounts the inbound webhooks of other systems. */
export function mountIntegrations(
  app: FastifyInstance,
  parts: {
    secrets: InboundSecrets;
    activities: CrmActivities;
    inboundLeads: Crm['inboundLeads'];
    log: Logger;
    inbound: InboundParts;
    baseUrl(): string;
  },
): void {
  mountCrmWebhook(app, parts);
  mountTypeform(app, parts);
  mountGoogleAds(app, parts);
  const { inbound, baseUrl } = parts;
  mountConnections(app, { ...inbound, baseUrl, kinds: CONNECTION_KINDS, services: parts });
}
