import { FAIRLEAD_KEY, type KeyStyles } from './account/key-style.ts';
import { makeScopes } from './account/scope.ts';
import { ACCOUNT_SCOPES } from './api/account/account-scopes.ts';
import { CONNECTION_SCOPES } from './api/connections/connection-scopes.ts';
import { EVENT_SCOPES } from './api/events/event-scopes.ts';
import { WEBHOOK_SCOPES } from './api/webhooks/webhook-scopes.ts';
import { StartError } from './base/errors.ts';
import type { ConnectionKinds } from './connections/connection-kind.ts';
import type { LeadInputByKeyStyle } from './crm/leads/lead-create.ts';
import { WEBHOOK_DISABLED, WEBHOOK_OBJECT } from './delivery/endpoint/webhook-disabled-event.ts';
import type { Formats } from './delivery/endpoint/webhook-format.ts';
import { makeCatalogue } from './events/event-type.ts';
import { INTEGRATIONS } from './integrations.ts';
import { documentedPath } from './integrations/integration-routes.ts';
import type { ConnectionServices } from './integrations/integration.ts';
import type { MailTransport } from './mail/mail-transport.ts';
import type { Dial } from './net/dial.ts';
import { MODULE_EVENT_OBJECTS, MODULE_EVENT_TYPES, MODULE_SCOPES } from './modules.ts';

/** The webhook formats, with what the dashboard shows of their systems. */
export const LISTED_FORMATS = INTEGRATIONS.flatMap(({ webhookFormat, label, docs }) =>
  webhookFormat ? [{ format: webhookFormat, label, docs }] : [],
);

/** Webhook formats by name; the first is the default. */
export const FORMATS: Formats = new Map(LISTED_FORMATS.map(({ format }) => [format.name, format]));

const PARTNER_STYLES = INTEGRATIONS.flatMap(({ keyStyle }) => (keyStyle ? [keyStyle] : []));

export const KEY_STYLES: KeyStyles = new Map(
  [FAIRLEAD_KEY, ...PARTNER_STYLES].map((style) => [style.name, style]),
);

/** The schemas of new leads, by key style, where they differ. */
export const LEAD_INPUTS: LeadInputByKeyStyle = Object.fromEntries(
  PARTNER_STYLES.flatMap(({ name, leadInput }) => (leadInput ? [[name, leadInput]] : [])),
);

/** The paths that accept inbound secrets, as documents print them. */
export const INBOUND_PATHS = INTEGRATIONS.flatMap(({ inbound = [] }) =>
  inbound.map(({ path }) => documentedPath(path)),
);

/** The kinds of connections, by name. */
export const CONNECTION_KINDS: ConnectionKinds<ConnectionServices> = new Map(
  INTEGRATIONS.flatMap(({ connection }) => (connection ? [[connection.name, connection]] : [])),
);

/** What the integrations do for the modules, by the names of the modules' parts. */
export const PROVIDERS = {
  paymentSources: INTEGRATIONS.flatMap(({ paymentSource }) => paymentSource ?? []),
  calendarReaders: INTEGRATIONS.flatMap(({ calendarReader }) => calendarReader ?? []),
  emailProviders: INTEGRATIONS.flatMap(({ emailProvider }) => emailProvider ?? []),
  mailboxReaders: INTEGRATIONS.flatMap(({ mailboxReader }) => mailboxReader ?? []),
  mailSources: INTEGRATIONS.flatMap(({ name, mailboxReader, receivedMailPath }) =>
    mailboxReader || receivedMailPath !== undefined ? [{ kind: name, path: receivedMailPath ?? null }] : [],
  ),
  phoneProviders: INTEGRATIONS.flatMap(({ phoneProvider }) => phoneProvider ?? []),
};

/** The transport for a mail server's URL. Throws `StartError` if no integration has its scheme. */
export function mailTransportOf(url: string, dial: Dial): MailTransport {
  const { protocol } = new URL(url);
  for (const { mailTransport } of INTEGRATIONS)
    if (mailTransport?.schemes.includes(protocol)) return mailTransport.make(url, dial);
  throw new StartError(`No mail transport for URLs that begin with ${protocol}//.`);
}

/** The built-in event types. */
export const CATALOGUE = makeCatalogue(
  [...MODULE_EVENT_TYPES, WEBHOOK_DISABLED],
  [...MODULE_EVENT_OBJECTS, WEBHOOK_OBJECT],
);

/** The scopes of every module and folder of routes, in list order. */
export const SCOPES = makeScopes([
  ...MODULE_SCOPES,
  ...EVENT_SCOPES,
  ...WEBHOOK_SCOPES,
  ...CONNECTION_SCOPES,
  ...ACCOUNT_SCOPES,
]);
