import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { InboundSecrets } from '../account/inbound-secret.ts';
import type { KeyStyle } from '../account/key-style.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { CrmActivities } from '../crm/leads/inbound/crm-activity.ts';
import type { ConnectionKind } from '../connections/connection-kind.ts';
import type { InboundLead, TakenLead } from '../crm/leads/inbound/inbound-lead.ts';
import type { LeadInput } from '../crm/leads/lead-input.ts';
import type { Format } from '../delivery/endpoint/webhook-format.ts';
import type { Route } from '../http/route.ts';
import type { InboundBooking, TakenBooking } from '../scheduling/appointments/inbound-booking.ts';
import type { MailTransport } from '../mail/mail-transport.ts';
import type { Dial, OutgoingDials } from '../net/dial.ts';
import type { EmailProvider } from '../messaging/emails/email-provider.ts';
import type { MailboxReader } from '../messaging/inbound/mailbox-reader.ts';
import type { InboundEmails } from '../messaging/inbound/received-email.ts';
import type { EmailReports } from '../messaging/emails/email-report.ts';
import type { HttpClient } from '../net/http-client.ts';
import type { PhoneProvider } from '../messaging/telephony/phone-provider.ts';
import type { Phone } from '../messaging/telephony/telephony.ts';
import type { ProviderPayments } from '../payments/provider-fact.ts';
import type { ProviderSource } from '../payments/provider-source.ts';
import type { CalendarReader } from '../scheduling/availability/calendar-reader.ts';

/**
 * Another system, and everything that Fairlead does for it. Each folder of src/integrations exports one from the file
 * of the folder's name, and src/integrations.ts lists it. No other code, and no page of the dashboard, names a system.
 */
export interface Integration {
  /** The name of its folder. Stored with the leads that it sends, so it never changes. */
  readonly name: string;
  /** What the dashboard shows. */
  readonly label: string;
  /** A page of docs/, such as `docs/integrations/typeform.md`, or a URL. */
  readonly docs: string;
  /** Webhooks as the system's receivers expect them. */
  readonly webhookFormat?: Format;
  /** API keys as the system's clients expect them. */
  readonly keyStyle?: IntegrationKeyStyle;
  /**
   * The system's own form of a route of the API.
   * @param baseUrl the public URL of this installation
   * @returns the same route if the system has no form of its own
   */
  readonly adaptRoute?: (route: Route, baseUrl: () => string) => Route;
  /** The webhooks that it sends, authenticated by an inbound secret. */
  readonly inbound?: readonly InboundWebhook[];
  /** A workspace's own account at the system, with secrets, a state and a log. */
  readonly connection?: ConnectionKind<ConnectionServices>;
  /** How its accounts are read, if it is a payment provider whose connections can have a key. */
  readonly paymentSource?: ProviderSource;
  /** How messages and calls are sent, by connections of its kind. */
  readonly phoneProvider?: PhoneProvider;
  /** How calendars are read for the busy times of members, by connections of its kind. */
  readonly calendarReader?: CalendarReader;
  /** How mailboxes are read, by connections of its kind. */
  readonly mailboxReader?: MailboxReader;
  /** The path of the inbound URL of its connections that takes mails, if it has one. */
  readonly receivedMailPath?: string;
  /** How mails are sent through its accounts. */
  readonly emailProvider?: EmailProvider;
  /** How the installation's mail is sent. */
  readonly mailTransport?: {
    /** The schemes of the URLs of its servers, such as `smtp:`. */
    readonly schemes: readonly string[];
    /** `dial` opens its connections, with the guard for hosts that the operator names. */
    readonly make: (url: string, dial: Dial) => MailTransport;
  };
}

interface IntegrationKeyStyle extends KeyStyle {
  /** The schema of a lead sent with such a key. If missing, leads need what they always need. */
  readonly leadInput?: z.ZodType<LeadInput>;
}

/** A URL that a system posts to. */
export interface InboundWebhook {
  /** As Fastify's router writes it: `/webhooks/typeform/:prefix`. Unique, and frozen once released. */
  readonly path: string;
  /** How a request shows its inbound secret: a sentence for the people who set it up. */
  readonly authentication: string;
  /** Adds the route. It has to check the secret itself. */
  readonly mount: (app: FastifyInstance, path: string, parts: InboundParts) => void;
}

/** As `InboundLeads.take`, for leads of this system. */
export type TakeLead = (workspaceId: Uuid, inbound: Omit<InboundLead, 'channel'>) => Promise<TakenLead>;

/** As `InboundBookings.take`, for bookings of this system. */
export type TakeBooking = (
  workspaceId: Uuid,
  booking: Omit<InboundBooking, 'source'>,
) => Promise<TakenBooking>;

/** What the handlers of a connection work with. */
export interface ConnectionServices {
  /** Reports of another CRM about leads. */
  activities: CrmActivities;
  takeLead: TakeLead;
  takeBooking: TakeBooking;
  /** What became of mails. */
  emails: EmailReports;
  /** Takes mails that arrived at a provider. */
  inboundEmails: InboundEmails;
  /** Requests to the system's own API. */
  http: HttpClient;
  /** Connections to the system that are not HTTP. */
  dials: OutgoingDials;
  /** Records what payment providers say. */
  payments: ProviderPayments;
  /** Takes messages and calls, and what phone providers report of them. */
  phone: Phone;
  /** The public URL of this installation. */
  baseUrl(): string;
  log: Logger;
}

/** What the inbound webhooks are made with. */
export interface InboundParts extends ConnectionServices {
  secrets: InboundSecrets;
}
