import ipaddr from 'ipaddr.js';
import { folded } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { Source, Enrich } from '../../record/record-routes.ts';
import type { LeadStatuses } from './lead-status.ts';
import type { LeadOptions } from './lead-option.ts';

/** The longest name that a source or an event type has. */
export const LONGEST_WORD = 200;
const LONGEST_URL = 2000;

/** Fields of a campaign, by which advertisers find out where a lead came from. */
const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const;

interface Asked {
  event_type?: string | null;
  source?: string | null;
  status?: string | null;
  crm_lead_id?: string | null;
}

/**
 * Puts the workspace's own words into a lead (contracts RX4): an event type that it has, whatever the case, else none;
 * a source that it has, else a new one. A new lead's new source, and the arrival as it came, ride in the statement that
 * writes the lead, so that a lead that is refused leaves neither.
 */
export function enrichLead({
  sources,
  eventTypes,
  statuses,
  newId,
}: {
  sources: LeadOptions;
  eventTypes: LeadOptions;
  statuses: LeadStatuses;
  newId: () => Uuid;
}): Enrich {
  async function eventTypeOf(workspaceId: Uuid, requested: string): Promise<string | undefined> {
    const name = requested.trim();
    const couldBe = name.length <= LONGEST_WORD && !name.includes('\0') && name.isWellFormed();
    return couldBe ? eventTypes.match(workspaceId, name) : undefined;
  }

  return async (writer, input, kind, arrival) => {
    const requested = input as Asked;
    const { event_type: eventType, source, ...rest } = requested;
    const { workspaceId } = writer;
    const words: Asked = {};
    if (eventType === null) words.event_type = null;
    // Side by side: each is a way to the database and back.
    const [known, own] = await Promise.all([
      eventType ? eventTypeOf(workspaceId, eventType) : undefined,
      source && kind === 'new' ? sources.match(workspaceId, source) : undefined,
    ]);
    if (known !== undefined) words.event_type = known;

    if (kind === 'change') {
      if (requested.status) words.status = await statuses.keyOf(workspaceId, requested.status);
      if (source !== undefined) words.source = source && (await sources.matchOrMake(writer, source));
      return { ...rest, ...words };
    }
    const made =
      source && own === undefined ? { id: newId(), name: source, folded: folded(source) } : undefined;
    const origin = source ? folded(own ?? source) : '';
    const kept = { channel: arrival.channel ?? 'api', ...keptOf(arrival) };
    const submission = { id: newId(), ...kept, crm_lead_id: requested.crm_lead_id };
    return {
      ...rest,
      ...words,
      source: own ?? source ?? null,
      related: { submission, source: made, origin },
    };
  };
}

/** What is kept of an arrival: all that was sent, and where it came from. */
function keptOf({ sent, sentText, client, campaign }: Source) {
  const fields = campaign ?? (sent as Record<string, unknown>);
  const referrer = textOf(fields['referrer']) ?? textOf(client.referrer);
  return {
    // A text within the flight's JSON: PostgreSQL would refuse escapes like \u0000 in what it reads as JSON.
    payload: sentText(),
    address: shortened(client.address),
    referrer,
    utm: utmOf(fields, referrer),
  };
}

/** A text that may be kept; of a list, its last. */
export function textOf(sent: unknown): string | null {
  const value: unknown = Array.isArray(sent) ? sent.at(-1) : sent;
  if (typeof value !== 'string' || value === '' || value.includes('\0') || !value.isWellFormed()) return null;
  return value.slice(0, LONGEST_URL).toWellFormed();
}

/** As fields of the lead or, where there is none, in the query of the page it came from. */
export function utmOf(fields: Record<string, unknown>, referrer: string | null): Record<string, string> {
  const query =
    referrer !== null && URL.canParse(referrer) ? new URL(referrer).searchParams : new URLSearchParams();
  return Object.fromEntries(
    UTM.flatMap((name) => {
      const value = textOf(fields[name]) ?? textOf(query.get(name));
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** An address that says where from and no longer who: without its last 8 bits, of IPv6 its last 80. */
export function shortened(address: string): string | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  const kept = parsed.kind() === 'ipv4' ? 3 : 6;
  const bytes = parsed.toByteArray().map((byte, at) => (at < kept ? byte : 0));
  return ipaddr.fromByteArray(bytes).toString();
}
