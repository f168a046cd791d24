import type { Idempotency, IdempotencyClaim } from '../../account/idempotency.ts';
import type { Clock } from '../../base/clock.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { LeadInput } from './lead-input.ts';
import type { Lead } from './lead.ts';

/** What another system sent, and the lead that it is. */
export interface InboundLead {
  /** The system, which is the submission's channel. */
  channel: string;
  /** The sender's id of this submission: it stays the same when it is sent again. */
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
   * Creates a lead, fires `lead.created` and keeps the submission; one that is sent again within 24 hours creates none,
   * and is answered as the first was. Counts against the workspace's hour: throws `rate_limited`.
   * @returns what to answer, as JSON
   */
  take(workspaceId: Uuid, inbound: InboundLead): Promise<string>;
}

/** Leads from systems with shapes of their own, which have no API key. */
export function makeInboundLeads({
  leads,
  idempotency,
  clock,
  baseUrl,
}: {
  leads: RecordService<Lead, LeadInput>;
  idempotency: Idempotency;
  clock: Clock;
  /** Where people reach this installation. */
  baseUrl(): string;
}): InboundLeads {
  return {
    async take(workspaceId, { channel, id, input, sent, sentText, campaign }) {
      const claim = claimOf(workspaceId, channel, id);
      const before = await idempotency.stored(claim, clock.now());
      if (before) return before.body;
      const taken = await idempotency.once(claim, clock.now(), async () => {
        const writer: Writer = { workspaceId, actor: `door:${channel}`, claim };
        // The address is that of the other system, and says nothing of the person.
        const client = { address: '', referrer: undefined };
        const plan = await leads.plan(writer, input, {
          sent,
          sentText,
          client,
          channel,
          ...(campaign && { campaign }),
        });
        const leadUrl = `${baseUrl()}/leads/${plan.id}`;
        const body = JSON.stringify({ id: plan.id, status: 'created', lead_url: leadUrl });
        return leads.store.create(writer, [plan], { status: 200, body });
      });
      return ('replay' in taken ? taken.replay : taken.answer).body;
    },
  };
}

/** Under the workspace's own id, which is no API key's and no user's. */
function claimOf(workspaceId: Uuid, channel: string, id: string): IdempotencyClaim {
  const key = `${channel} ${id}`;
  return { workspaceId, identity: workspaceId, key, requestHash: sha256(key).toString('hex') };
}
