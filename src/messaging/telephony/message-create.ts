import { z } from 'zod';
import type { Caller } from '../../account/caller.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { requireChecked } from '../../account/caller-check.ts';
import { recordId } from '../../record/fields/record.ts';
import type { CreateOptions } from '../../record/record-create-routes.ts';
import type { RecordService } from '../../record/record-service.ts';
import { MAX_MEDIA, type Message } from './message-fields.ts';
import { insertMedia, uploadedMedia } from './message-media.ts';
import type { MessageQueue } from './message-queue.ts';
import { message, type MessageInput } from './message.ts';

export interface MessageCreateParts {
  db: Database;
  baseUrl(): string;
  notify(lanes: LaneKey[]): void;
  queue: MessageQueue;
  messages: RecordService<Message, MessageInput>;
}

/** A message with the files that were uploaded for it. */
const input = (message.input as z.ZodObject).extend({
  media: z.array(recordId).max(MAX_MEDIA).optional(),
}) as unknown as z.ZodType<MessageInput & { media?: Uuid[] }>;

type Requested = MessageInput & { media?: Uuid[] };

/** How the API creates messages: those that go out are queued, those that came in elsewhere are recorded. */
export function messageCreateOptions(parts: MessageCreateParts): CreateOptions<MessageInput> {
  const { db, notify, queue, messages, baseUrl } = parts;
  return {
    description:
      'Sends a message: queues it, or schedules it with `send_at`; that takes the scope `messages:send`. Fires `message.created`, and `sms.sent` once the provider has accepted it. `media` has the ids of files that `POST /message-media` stored. With the direction `in` it records a message that was received elsewhere, such as by a gateway of your own, and fires `sms.received`. 409 if the recipient has opted out.',
    // Also for a preview.
    inputFor: (caller) =>
      input.superRefine(({ direction, to, contact_id: contactId }) => {
        if (direction !== 'in' && to == null && contactId != null)
          requirePhoneOfContact(caller, 'A message without `to`');
      }),
    checkBatched(batched) {
      if (batched.direction !== 'in')
        throw invalid('direction', 'must be in: messages are sent one at a time');
    },

    async createWithReceipt(writer, { input: requested, caller }, source) {
      const { media = [], ...fields } = requested as Requested;
      const isOut = fields.direction !== 'in';
      if (isOut) requireSending(caller);
      if (media.length > 0 && !isOut) throw invalid('media', 'is for messages that are sent');
      requireChecked(writer);
      const files = media.length === 0 ? [] : await uploadedMedia(db, caller.workspaceId, media);
      const plan = await messages.plan(writer, fields, source);
      const answer = { status: 201, body: JSON.stringify({ id: plan.id, status: 'created' }) };
      if (files.length === 0) {
        await messages.store.create(writer, [plan], answer);
      } else {
        const { workspaceId } = caller;
        const lanes = await db.transaction(async (trx) => {
          await insertMedia(trx, { workspaceId, id: plan.id, baseUrl: baseUrl() }, files);
          return messages.store.createWithin(trx, writer, [plan], answer);
        });
        notify(lanes);
      }
      if (isOut) queue.notify();
      return answer;
    },
  };
}

/** The response has the number: nobody reads it who may not read contacts. Throws `forbidden`. */
export function requirePhoneOfContact(caller: Caller, what: string): void {
  if (!caller.may('contacts:read')) throw new ApiError('forbidden', `${what} needs the scope contacts:read.`);
}

function requireSending(caller: Caller): void {
  if (!caller.may('messages:send'))
    throw new ApiError('forbidden', 'Sending a message needs the scope messages:send.');
}
