import type { ServiceOptions } from '../../record/record-service.ts';
import type { BeforeWrite, Writer } from '../../record/record-plan.ts';
import { setConsent } from './consent.ts';
import type { Message } from './message-fields.ts';
import type { MessageQueue } from './message-queue.ts';
import { fillMessage, type MessageValueParts } from './message-values.ts';

/** What is written with a new message: its place in the queue, or the consent that its keyword means. */
export function messageRules(parts: MessageValueParts & { queue: MessageQueue }): ServiceOptions {
  return {
    enrich: [fillMessage(parts)],
    beforeCreate(writer, record) {
      const message = record as Message;
      return message.direction === 'out' ? queued(parts.queue, writer, message) : consented(writer, message);
    },
  };
}

function queued(queue: MessageQueue, { workspaceId }: Writer, message: Message): BeforeWrite {
  const { id, connection_id: connectionId, from: number, send_at: dueAt } = message;
  return (trx) => queue.enqueue(trx, { workspaceId, id, connectionId: connectionId!, number, dueAt });
}

function consented({ workspaceId, actor }: Writer, message: Message): BeforeWrite | null {
  const { opt_out_type: keyword, from: address, body } = message;
  if (keyword !== 'stop' && keyword !== 'start') return null;
  return async (trx) => {
    await setConsent(trx, workspaceId, {
      channel: 'sms',
      address,
      status: keyword === 'stop' ? 'opted_out' : 'opted_in',
      source: 'keyword',
      text: body?.slice(0, 500) ?? null,
      changed_by: actor,
    });
  };
}
