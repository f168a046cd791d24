import type { FastifyInstance } from 'fastify';
import type { Audit } from './account/audit.ts';
import type { InboundSecrets } from './account/inbound-secret.ts';
import type { Workspaces } from './account/workspace.ts';
import type { Logger } from './base/log.ts';
import { CATALOGUE, FORMATS, SCOPES } from './catalogue.ts';
import { RECORD_OBJECTS, type Crm } from './crm/crm.ts';
import type { CrmActivities } from './crm/leads/crm-activity.ts';
import type { Inboxes } from './delivery/inbox.ts';
import type { CustomTypes } from './events/custom-event-type.ts';
import type { Route } from './http/route.ts';
import { mountCrmWebhook } from './integrations/crm-webhook/crm-webhook.ts';
import { mountGoogleAds } from './integrations/google-ads/google-ads.ts';
import { withLeadApi } from './integrations/remixcrm/lead-api.ts';
import { mountTypeform } from './integrations/typeform/typeform.ts';
// In this order the API's document lists its schemas.
import { apiKeyRoutes, type ApiKeyParts } from './settings/api-keys.ts';
import { auditRoutes } from './settings/audit-log.ts';
import { customEventRoutes, type CustomEventParts } from './settings/custom-events.ts';
import { customTypeRoutes } from './settings/custom-event-types.ts';
import { deliveryRoutes, type DeliveryRouteParts } from './settings/deliveries.ts';
import { egressAddressRoutes } from './settings/egress-addresses.ts';
import { eventTypeRoutes } from './settings/event-types.ts';
import type { EventReading } from './settings/event-reading.ts';
import { eventStreamRoutes } from './settings/event-stream.ts';
import { eventRoutes } from './settings/events.ts';
import { inboxRoutes } from './settings/inboxes.ts';
import { inboundSecretRoutes } from './settings/inbound-secrets.ts';
import { invitationRoutes, type InvitationParts } from './settings/invitations.ts';
import { meRoutes } from './settings/me.ts';
import { memberRoutes, type MemberParts } from './settings/members.ts';
import { eventLogRoutes } from './settings/event-log-routes.ts';
import { planRoutes } from './settings/plan.ts';
import { scopeRoutes } from './settings/scopes.ts';
import { sessionRoutes, type SessionParts } from './settings/session.ts';
import { webhookFormatRoutes } from './settings/webhook-formats.ts';
import { noticeRoutes, type NoticeParts } from './settings/notices.ts';
import { retentionRoutes } from './settings/retention.ts';
import { replayRoutes, type ReplayRouteParts } from './settings/webhook-replay.ts';
import { webhookRoutes, type WebhookParts } from './settings/webhooks.ts';

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
  { crm, reading }: { crm: Pick<Crm, 'routes'>; reading: EventReading },
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

/** Mounts the inbound webhooks of other systems. */
export function mountIntegrations(
  app: FastifyInstance,
  parts: {
    secrets: InboundSecrets;
    activities: CrmActivities;
    inboundLeads: Crm['inboundLeads'];
    log: Logger;
  },
): void {
  mountCrmWebhook(app, parts);
  mountTypeform(app, parts);
  mountGoogleAds(app, parts);
}
