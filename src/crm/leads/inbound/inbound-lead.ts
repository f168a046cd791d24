import type { Idempotency, IdempotencyClaim } from '../../../account/idempotency.ts';
import type { Clock } from '../../../base/clock.ts';
import { sha256 } from '../../../base/hmac.ts';
import type { Uuid } from '../../../base/id.ts';
import type { Writer } from '../../../record/record-plan.ts';
import type { RecordService } from '../../../record/record-service.ts';
import type { LeadInput } from '../lead-input.ts';
import type { Lead } from '../lead.ts';
import { leadUrl } from '../lead-url.ts';

/** A lead that another system sent. */
export interface InboundLead {
  /** The system: the channel of the submission. */
  channel: string;
  /** The sender's id of this submission; the same for every retry. */
  id: string;
  input: LeadInput;
  /** The whole body. */
  sent: unknown;
  /** The body as JSON text, exactly as sent, for storage. */
  sentText(): string;
  /** The UTM fields, if not in `sent`. */
  campaign?: Record<string, unknown>;
}

export interface TakenLead {
  id: Uuid;
  /** The response body, as JSON. */
  answer: string;
  /** A retry: the lead existed already. */
  isRepeat: boolean;
}

export interface InboundLeads {
  /**
   * Creates a lead, fires `lead.created` and stores the submission. A retry within 24 hours creates none and gets the
   * first answer. Counts against the workspace's hourly limit: throws `rate_limited`.
   */
  take(workspaceId: Uuid, inbound: InboundLead): Promise<TakenLead>;
}

/** Leads from systems with formats of their own and without an API key. */
export function makeInboundLeads({
  leads,
  idempotency,
  clock,
  baseUrl,
}: {
  leads: RecordService<Lead, LeadInput>;
  idempotency: Idempotency;
  clock: Clock;
  /** The public URL of this installation. */
  baseUrl(): string;
}): InboundLeads {
  return {
    async take(workspaceId, { channel, id, input, sent, sentText, campaign }) {
      const claim = claimOf(workspaceId, channel, id);
      const before = await idempotency.stored(claim, clock.now());
      if (before) return takenLead(before.body, true);
      const taken = await idempotency.once(claim, clock.now(), async () => {
        const writer: Writer = { workspaceId, actor: `door:${channel}`, claim };
        // The address belongs to the other system, not to the person.
        const client = { address: '', referrer: undefined };
        const plan = await leads.plan(writer, input, {
          sent,
          sentText,
          client,
          channel,
          ...(campaign && { campaign }),
        });
        const body = JSON.stringify({ id: plan.id, status: 'created', lead_url: leadUrl(baseUrl, plan.id) });
        return leads.store.create(writer, [plan], { status: 200, body });
      });
      return 'replay' in taken ? takenLead(taken.replay.body, true) : takenLead(taken.answer.body, false);
    },
  };
}

function takenLead(answer: string, isRepeat: boolean): TakenLead {
  const { id } = JSON.parse(answer) as { id: Uuid };
  return { id, answer, isRepeat };
}

/** The identity is the workspace's id, which no API key and no user has. */
function claimOf(workspaceId: Uuid, channel: string, id: string): IdempotencyClaim {
  const key = `${channel} ${id}`;
  return { workspaceId, identity: workspaceId, key, requestHash: sha256(key).toString('hex') };
}
