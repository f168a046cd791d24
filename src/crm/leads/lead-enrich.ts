import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { folded } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import type { BeforeChange, Draft, EnrichStep, Source } from '../../record/record-service.ts';
import type { LeadOptions } from './options/lead-option.ts';
import type { LeadStatuses } from './options/lead-status.ts';

/** The longest name of a source or an event type, in UTF-16 units. */
export const MAX_OPTION_LENGTH = 200;
const MAX_URL_LENGTH = 2000;

/** Campaign fields, which advertisers use to track where a lead came from. */
const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const;

export interface LeadEnrichParts {
  sources: LeadOptions;
  eventTypes: LeadOptions;
  statuses: LeadStatuses;
  newId: () => Uuid;
}

/** The enrich steps of leads: the workspace's options, then the submission. */
export function enrichLead(parts: LeadEnrichParts): readonly EnrichStep[] {
  return [matchLeadOptions(parts), keepSubmission(parts)];
}

/**
 * Replaces options of a lead by the workspace's own spelling (RX4). An unknown event type is dropped; an unknown
 * source is created.
 */
export function matchLeadOptions({ sources, eventTypes, statuses, newId }: LeadEnrichParts): EnrichStep {
  async function eventTypeOf(workspaceId: Uuid, sent: string): Promise<string | undefined> {
    const name = sent.trim();
    const couldBe = name.length <= MAX_OPTION_LENGTH && !name.includes('\0') && name.isWellFormed();
    return couldBe ? eventTypes.match(workspaceId, name) : undefined;
  }

  return async (draft) => {
    const { writer, kind, input } = draft;
    const { workspaceId } = writer;
    const { event_type: eventType, source, status } = input as Record<string, string | null | undefined>;
    // Concurrently: each is a round trip to the database.
    const [ownType, ownSource] = await Promise.all([
      eventType ? eventTypeOf(workspaceId, eventType) : undefined,
      source ? sources.match(workspaceId, source) : undefined,
    ]);
    if (eventType !== null) setOrLeaveOut(input, 'event_type', ownType);
    if (kind === 'change' && status) input['status'] = await statuses.keyOf(workspaceId, status);
    if (source || kind === 'create') input['source'] = ownSource ?? source ?? null;
    if (source && ownSource === undefined)
      // Created with the lead or with its change, so that a refused one leaves no source behind.
      draft.resolved['new_source'] = { id: newId(), name: source, folded: folded(source) };
  };
}

/** Creates the new source of a change in its transaction; that of a new lead is created by the insert gate. */
export function createSource(sources: LeadOptions): (draft: Draft) => BeforeChange | null {
  return ({ writer, resolved }) => {
    const created = resolved['new_source'] as { name: string } | undefined;
    return created ? (trx) => sources.createWithin(trx, writer, created.name) : null;
  };
}

function setOrLeaveOut(input: Draft['input'], name: string, value: unknown): void {
  if (value === undefined) delete input[name];
  else input[name] = value;
}

/** Stores the submission of a new lead as received, with the lead. */
function keepSubmission({ newId }: LeadEnrichParts): EnrichStep {
  return (draft) => {
    if (draft.kind === 'create') {
      const { source, crm_lead_id } = draft.input as Record<string, string | null | undefined>;
      const submission = {
        id: newId(),
        channel: draft.source.channel ?? 'api',
        ...keptOf(draft.source),
        crm_lead_id,
      };
      draft.related = {
        submission,
        source: draft.resolved['new_source'],
        origin: source ? folded(source) : '',
      };
    }
    return Promise.resolve();
  };
}

/** What is stored of a submission: the whole body, and where it came from. */
function keptOf({ sent, sentText, client, campaign }: Source) {
  const fields = campaign ?? (sent as Record<string, unknown>);
  const referrer = textOf(fields['referrer']) ?? textOf(client.referrer);
  return {
    // A string within the batch's JSON: PostgreSQL would refuse escapes like \u0000 in nested JSON.
    payload: sentText(),
    address: shortened(client.address),
    referrer,
    utm: utmOf(fields, referrer),
  };
}

/** A text that can be stored; of a list, its last item. */
export function textOf(sent: unknown): string | null {
  const value: unknown = Array.isArray(sent) ? sent.at(-1) : sent;
  if (typeof value !== 'string' || value === '' || value.includes('\0') || !value.isWellFormed()) return null;
  return value.slice(0, MAX_URL_LENGTH).toWellFormed();
}

/** UTM fields of the lead; those it lacks, from the query of the referrer. */
export function utmOf(fields: Record<string, unknown>, referrer: string | null): Record<string, string> {
  const query = referrer !== null && URL.canParse(referrer) ? new URL(referrer).searchParams : null;
  const utm: Record<string, string> = {};
  for (const name of UTM) {
    const value = textOf(fields[name]) ?? textOf(query?.get(name));
    if (value !== null) utm[name] = value;
  }
  return utm;
}

/** An IP address without its last 8 bits (IPv6: 80), which no longer identifies a person. */
export function shortened(address: string): string | null {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0`;
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  const kept = parsed.kind() === 'ipv4' ? 3 : 6;
  const bytes = parsed.toByteArray().map((byte, at) => (at < kept ? byte : 0));
  return ipaddr.fromByteArray(bytes).toString();
}
