import { folded } from '../../base/fold.ts';
import type { Uuid } from '../../base/id.ts';
import { campaignOf, shortenedAddress, storableText } from '../../base/values/submission-origin.ts';
import type { BeforeWrite } from '../../record/record-plan.ts';
import type { Draft, EnrichStep } from '../../record/record-service.ts';
import type { Source } from '../../record/source.ts';
import type { LeadOptions } from './options/lead-option.ts';
import type { LeadStatuses } from './options/lead-status.ts';

/** The longest name of a source or an event type, in UTF-16 units. */
export const MAX_OPTION_LENGTH = 200;

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
export function createSource(sources: LeadOptions): (draft: Draft) => BeforeWrite | null {
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
  const referrer = storableText(fields['referrer']) ?? storableText(client.referrer);
  return {
    // A string within the batch's JSON: PostgreSQL would refuse escapes like \u0000 in nested JSON.
    payload: sentText(),
    address: shortenedAddress(client.address),
    referrer,
    utm: campaignOf(fields, referrer),
  };
}
