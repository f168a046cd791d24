import type { Logger } from '../base/log.ts';
import type { ConnectionKind, ConnectionKinds } from '../connections/connection-kind.ts';
import type { CrmActivities } from '../crm/leads/inbound/crm-activity.ts';
import type { InboundLeads } from '../crm/leads/inbound/inbound-lead.ts';
import { crmWebhookConnection } from './crm-webhook/crm-webhook-connection.ts';
import { googleAdsConnection } from './google-ads/google-ads-connection.ts';
import { typeformConnection } from './typeform/typeform-connection.ts';

/** What the inbound handlers of all kinds work with. */
export interface InboundServices {
  inboundLeads: InboundLeads;
  activities: CrmActivities;
  log: Logger;
}

const kinds: ConnectionKind<InboundServices>[] = [
  typeformConnection,
  googleAdsConnection,
  crmWebhookConnection,
];

/** The kinds of connections, by name, in the order in which they are shown. */
export const CONNECTION_KINDS: ConnectionKinds<InboundServices> = new Map(
  kinds.map((kind) => [kind.name, kind]),
);
