import type { Idempotency, IdempotencyClaim } from '../../account/idempotency.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Enrich } from '../../record/record-routes.ts';
import { REPLAY, type RecordStore, type Writer } from '../../record/record-store.ts';
import type { LeadInput } from './lead-input.ts';
import type { Lead } from './lead.ts';

/** What came in at a door, and the lead that it is. */
export interface Received {
  /** The door, which is the submission's channel. */
  channel: string;
  /** What the sender calls this arrival: it stays the same when it is sent again. */
  id: string;
  input: LeadInput;
  /** The whole of what was sent. */
  sent: unknown;
  /** The same as JSON text, exactly as it came, to be kept. */
  sentText(): string;
  /** Where its UTM fields stand. */
  campaign?: Record<string, unknown>;
}

export interface InboundLeads {
  /**
   * Makes a lead, fires `lead.created` and keeps the arrival; one that is sent again within 24 hours makes none, and is
   * answered as the first was. Counts against the workspace's hour: throws `rate_limited`.
   * @returns what to answer, as JSON
   */
  take(workspaceId: Uuid, received: Received): Promise<string>;
}

/** Leads by doors other than the API: whoever sends has a shape of its own, and no key. */
export function makeInboundLeads({
  leads,
  enrich,
  idempotency,
  clock,
  baseUrl,
}: {
  leads: RecordStore<Lead, LeadInput>;
  enrich: Enrich;
  idempotency: Idempotency;
  clock: Clock;
  /** Where people reach this installation. */
  baseUrl(): string;
}): InboundLeads {
  async function answered(claim: IdempotencyClaim): Promise<string | null> {
    const found = await idempotency.find(claim, isoTime(clock.now()));
    return found === null || found === 'mismatch' ? null : found.body;
  }

  return {
    async take(workspaceId, { channel, id, input, sent, sentText, campaign }) {
      const claim = claimOf(workspaceId, channel, id);
      const before = await answered(claim);
      if (before !== null) return before;

      const writer: Writer = { workspaceId, actor: `door:${channel}`, claim };
      // The address is that of whoever passes it on, and says nothing of the person.
      const client = { address: '', referrer: undefined };
      const source = { sent, sentText, client, channel, ...(campaign && { campaign }) };
      const completed = await enrich(writer, input, 'new', source);
      const write = leads.prepare(writer, completed);
      const leadUrl = `${baseUrl()}/leads/${write.id}`;
      const body = JSON.stringify({ id: write.id, status: 'created', lead_url: leadUrl });
      const written = await leads.create(writer, [write], { status: 200, body });
      if (written !== REPLAY) return written.body;
      const first = await answered(claim);
      if (first === null)
        throw new ApiError('conflict', 'This is being worked on; send it again.', { retryAfter: 1 });
      return first;
    },
  };
}

/** Under the workspace's own id, which is no API key's and no user's. */
function claimOf(workspaceId: Uuid, channel: string, id: string): IdempotencyClaim {
  const key = `${channel} ${id}`;
  return { workspaceId, identity: workspaceId, key, requestHash: sha256(key).toString('hex') };
}
