import type { FastifyInstance } from 'fastify';
import type { Audit } from './account/audit.ts';
import type { InboundSecrets } from './account/inbound-secret.ts';
import { LOGO_PURPOSE, type WorkspaceLogos } from './account/workspace-logo.ts';
import type { Workspaces } from './account/workspace.ts';
import {
  CATALOGUE,
  CONNECTION_KINDS,
  FORMATS,
  INBOUND_PATHS,
  KEY_STYLES,
  LISTED_FORMATS,
  SCOPES,
} from './catalogue.ts';
import type { InboundRequestParts } from './connections/inbound-request.ts';
import type { Inboxes } from './delivery/inbox/inbox.ts';
import type { CustomTypes } from './events/custom-event-type.ts';
import type { Route } from './http/route.ts';
import { INTEGRATIONS } from './integrations.ts';
import { integrationRoutes } from './integrations/integration-routes.ts';
import type { ConnectionServices, InboundParts } from './integrations/integration.ts';
import { RECORDING_PURPOSE } from './messaging/telephony/call-recording.ts';
import { MEDIA_PURPOSE } from './messaging/telephony/message-media.ts';
import { listModules, MODULE_NOUNS, type Modules } from './modules.ts';
// In this order the API's document lists its schemas.
import { apiKeyRoutes, type ApiKeyParts } from './api/account/api-key-routes.ts';
import { mountConnection } from './api/connections/connection-receiver.ts';
import { connectionRoutes, type ConnectionParts } from './api/connections/connection-routes.ts';
import { auditRoutes } from './api/account/audit-log-routes.ts';
import { authorizedAppRoutes, type AuthorizedAppParts } from './api/account/authorized-app-routes.ts';
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
import { keyStyleRoutes } from './api/account/key-style-routes.ts';
import { meRoutes } from './api/account/me-routes.ts';
import { memberRoutes, type MemberParts } from './api/account/member-routes.ts';
import { eventLogRoutes } from './api/events/event-log-routes.ts';
import { planRoutes } from './api/account/plan-routes.ts';
import { scopeRoutes } from './api/account/scope-routes.ts';
import { linkRoutes } from './api/account/link-routes.ts';
import { passwordRoutes } from './api/account/password-routes.ts';
import type { SessionParts } from './api/account/session-answer.ts';
import { sessionRoutes } from './api/account/session-routes.ts';
import { webhookFormatRoutes } from './api/webhooks/webhook-format-routes.ts';
import { noticeRoutes, type NoticeParts } from './api/account/notice-routes.ts';
import { fileRoutes, type FileRouteParts } from './api/files/file-routes.ts';
import { workspaceRoutes, type WorkspaceRouteParts } from './api/account/workspace-routes.ts';
import { workspaceLogoRoutes, type WorkspaceLogoParts } from './api/account/workspace-logo-routes.ts';
import { retentionRoutes } from './api/events/retention-routes.ts';
import { replayRoutes, type ReplayRouteParts } from './api/webhooks/webhook-replay-routes.ts';
import { webhookRoutes, type WebhookParts } from './api/webhooks/webhook-routes.ts';

/** What the routes of the API need, except what is built with the server. */
export interface RouteParts
  extends
    Omit<ApiKeyParts, 'scopes' | 'styles' | 'plurals'>,
    AuthorizedAppParts,
    Omit<ConnectionParts, 'kinds' | 'recordUrl' | 'servicesOf'>,
    CustomEventParts,
    DeliveryRouteParts,
    Omit<FileRouteParts, 'purposes'>,
    InvitationParts,
    Omit<MemberParts, 'afterRemoval'>,
    NoticeParts,
    ReplayRouteParts,
    SessionParts,
    WorkspaceLogoParts,
    WorkspaceRouteParts,
    Omit<WebhookParts, 'inboxes'> {
  workspaces: Workspaces;
  audit: Audit;
  secrets: InboundSecrets;
  logos: WorkspaceLogos;
  inboxes: Inboxes;
  customTypes: CustomTypes;
  egressIps: readonly string[];
  retentionDays: number;
}

/** The scope that reading a file takes, by what it is for; null: everyone in the workspace. */
const FILE_PURPOSES = {
  [LOGO_PURPOSE]: null,
  [MEDIA_PURPOSE]: 'messages:read',
  [RECORDING_PURPOSE]: 'calls:read',
};

/** All routes of the API, in the order of its document. */
export function apiRoutes(
  parts: RouteParts,
  {
    modules,
    reading,
    servicesOf,
  }: { modules: Modules; reading: EventReading; servicesOf: (name: string) => ConnectionServices },
): Route[] {
  const { db, customTypes, inboxes, recordChange } = parts;
  return [
    ...meRoutes(parts),
    ...planRoutes(),
    ...sessionRoutes(parts),
    ...linkRoutes(parts),
    ...passwordRoutes(parts),
    ...memberRoutes({
      ...parts,
      async afterRemoval(trx, member) {
        for (const module of listModules(modules)) await module.afterRemoval?.(trx, member);
      },
    }),
    ...invitationRoutes(parts),
    ...auditRoutes(parts.audit),
    ...apiKeyRoutes({
      ...parts,
      scopes: SCOPES,
      styles: KEY_STYLES,
      plurals: new Map(MODULE_NOUNS.map(({ name, plural }) => [name, plural])),
    }),
    ...authorizedAppRoutes(parts),
    ...keyStyleRoutes(KEY_STYLES),
    ...inboundSecretRoutes(parts, INBOUND_PATHS),
    ...scopeRoutes(SCOPES),
    ...listModules(modules)
      .flatMap(({ routes }) => routes)
      .map((route) => adaptedRoute(route, parts.baseUrl)),
    ...integrationRoutes(INTEGRATIONS, parts.baseUrl),
    ...connectionRoutes({
      ...parts,
      kinds: CONNECTION_KINDS,
      recordUrl: recordUrlOf(parts.baseUrl),
      servicesOf,
    }),
    ...webhookRoutes(parts),
    ...replayRoutes(parts),
    ...inboxRoutes(inboxes, recordChange),
    ...deliveryRoutes(parts),
    ...eventRoutes(db, reading),
    ...eventLogRoutes(parts),
    ...webhookFormatRoutes(LISTED_FORMATS),
    ...eventStreamRoutes(reading),
    ...eventTypeRoutes(CATALOGUE, FORMATS, customTypes),
    ...customTypeRoutes(customTypes, CATALOGUE, recordChange),
    ...customEventRoutes(parts, customTypes),
    ...egressAddressRoutes(parts.egressIps),
    ...retentionRoutes(db, recordChange, parts.retentionDays),
    ...noticeRoutes(parts),
    ...workspaceRoutes(parts),
    ...workspaceLogoRoutes(parts),
    ...fileRoutes({ ...parts, purposes: FILE_PURPOSES }),
  ];
}

function adaptedRoute(route: Route, baseUrl: () => string): Route {
  return INTEGRATIONS.reduce((adapted, { adaptRoute }) => adaptRoute?.(adapted, baseUrl) ?? adapted, route);
}

/** The page of a record of a module. */
function recordUrlOf(baseUrl: () => string): ConnectionParts['recordUrl'] {
  const plurals = new Map(MODULE_NOUNS.map(({ name, plural }) => [name, plural]));
  return (type, id) => (plurals.has(type) ? `${baseUrl()}/${plurals.get(type)}/${id}` : null);
}

/** What the handlers of a system work with, by its name. */
export function connectionServices({
  modules,
  http,
  dials,
  log,
  baseUrl,
}: Pick<ConnectionServices, 'http' | 'dials' | 'log' | 'baseUrl'> & { modules: Modules }): (
  name: string,
) => ConnectionServices {
  const { activities, inboundLeads } = modules.crm;
  return (name) => ({
    activities,
    http,
    dials,
    log,
    baseUrl,
    payments: modules.payments.providers,
    emails: modules.emails.reports,
    inboundEmails: modules.emails.inbound.inboundEmails,
    phone: modules.telephony.phone,
    takeLead: (workspaceId, lead) => inboundLeads.take(workspaceId, { ...lead, channel: name }),
    takeBooking: (workspaceId, booking) =>
      modules.scheduling.inboundBookings.take(workspaceId, { ...booking, source: name }),
  });
}

/** Mounts the inbound webhooks of other systems, and the URLs of their connections. */
export function mountIntegrations(
  app: FastifyInstance,
  parts: Pick<InboundParts, 'secrets'> &
    InboundRequestParts & { servicesOf: (name: string) => ConnectionServices; baseUrl(): string },
): void {
  for (const { name, inbound = [], connection } of INTEGRATIONS) {
    const services = parts.servicesOf(name);
    for (const { path, mount } of inbound) mount(app, path, { ...services, secrets: parts.secrets });
    if (connection) mountConnection(app, connection, { ...parts, services });
  }
}
