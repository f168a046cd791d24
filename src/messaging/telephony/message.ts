import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { defineNoun, type InputOfNoun, type Noun } from '../../record/noun.ts';
import { MESSAGE_FIELDS, type Message } from './message-fields.ts';
import { messageEvents } from './message-status.ts';
import { optOutKeyword } from './opt-out-keyword.ts';
import { countSegments } from './sms-segments.ts';

/** The furthest time of a scheduled message. */
const MAX_AHEAD_MS = 366 * 86_400_000;

/** What the enrich step and the commands of messages pass to `derive`. */
export interface MessageResolution {
  provider?: string;
  mediaCount?: number;
  channel?: Message['channel'];
  optOutType?: Message['opt_out_type'];
}

/** What never changes once a message exists. */
const FIXED = ['direction', 'from', 'to', 'body', 'connection_id', 'external_id', 'send_at'] as const;

/** SQL: who the message is with, and its files. `f` is the event (events/outbox.ts). */
const CONTEXT = `json_build_object(
    'contact_name', (select nullif(concat_ws(' ', c.first_name, c.last_name), '') from contact c
      where c.workspace_id = f.workspace_id and c.id = (f.record->>'contact_id')::uuid),
    'media_urls', (select coalesce(json_agg(m.url order by m.position), '[]') from message_media m
      where m.workspace_id = f.workspace_id and m.message_id = (f.record->>'id')::uuid))`;

const contextOutput = z.object({
  contact_name: z.string().nullable().meta({ description: 'Name of the contact' }),
  media_urls: z.array(z.string()).meta({ description: 'Where the API has its files' }),
});
const context = { contact_name: 'Jane Doe', media_urls: [] };
const withContext = { context, contextOutput };

const defined = defineNoun({
  name: 'message',
  plural: 'messages',
  label: 'Message',
  pluralLabel: 'Messages',
  title: ['body', 'to'],
  listed: ['direction', 'from', 'to', 'body', 'status', 'contact_id'],
  subtitle: ['from', 'to', 'status'],
  isOnTimelines: true,
  fields: MESSAGE_FIELDS,
  eventIds: { connection_id: 'connection' },

  derive(next, before, { at, resolved }) {
    if (before) return unchanged(next, before);
    return newMessage(next, at, resolved as MessageResolution);
  },

  filters: {
    number: { column: 'peer', by: 'phone', description: 'The number of the other side: a thread' },
  },

  descriptions: {
    created: 'A message was queued or scheduled. A received one fires only `sms.received`.',
    updated: 'At least one field of a message changed. Not fired when it is sent, delivered or fails.',
  },
  events: {
    sent: {
      description: 'A message was sent: the provider has accepted it. Once a message.',
      ...withContext,
    },
    received: {
      description: 'A message was received. Once a message.',
      sample: {
        version: 1,
        direction: 'in',
        status: 'received',
        from: '+15551234567',
        to: '+15550100001',
        sent_at: null,
        updated_at: '2026-06-01T12:00:00.000Z',
      },
      ...withContext,
    },
    delivered: {
      description: 'A message has reached the phone of the recipient.',
      sample: { status: 'delivered', delivered_at: '2026-06-02T09:00:00.000Z' },
      ...withContext,
    },
    failed: {
      description: 'A message was not sent, or not delivered; `error_text` says why.',
      sample: { status: 'failed', error_code: '30006', error_text: 'The number is a landline.' },
      ...withContext,
    },
  },
  contexts: {
    'sms.sent': CONTEXT,
    'sms.received': CONTEXT,
    'sms.delivered': CONTEXT,
    'sms.failed': CONTEXT,
  },
  firesOnCreate: ({ direction }) => [direction === 'in' ? 'sms.received' : 'message.created'],
  fires: (before, after) => messageEvents(before, after),
  summary: ({ media_count: count }) => ({ has_media: typeof count === 'number' && count > 0 }),

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e11' },
});

const { sent, received, delivered, failed } = defined.events;

/** A text message that was sent or received (SM1). Its events beyond those of every record are named `sms.…`. */
export const message = {
  ...defined,
  events: {
    ...defined.events,
    sent: { ...sent!, name: 'sms.sent' },
    received: { ...received!, name: 'sms.received' },
    delivered: { ...delivered!, name: 'sms.delivered' },
    failed: { ...failed!, name: 'sms.failed' },
  } as Noun['events'],
};

export type MessageInput = InputOfNoun<typeof defined>;

function newMessage(next: Message, at: string, resolution: MessageResolution): Message {
  const { provider, mediaCount = 0, optOutType } = resolution;
  const body = next.body ?? '';
  const { segments, encoding } = countSegments(body);
  const isIn = next.direction === 'in';
  if (!isIn && body === '' && mediaCount === 0) throw invalid('body', 'is required');
  if (isIn && next.send_at !== null) throw invalid('send_at', 'is for messages that are sent');
  const isLater = next.send_at !== null && next.send_at > at;
  if (isLater && Date.parse(next.send_at!) - Date.parse(at) > MAX_AHEAD_MS)
    throw invalid('send_at', 'must be at most a year ahead');
  return {
    ...next,
    segments,
    encoding,
    media_count: mediaCount,
    channel: resolution.channel ?? (mediaCount > 0 ? 'mms' : 'sms'),
    opt_out_type: isIn ? (optOutType ?? optOutKeyword(body)) : null,
    status: isIn ? 'received' : isLater ? 'scheduled' : 'queued',
    provider: provider ?? null,
    external_id: isIn ? next.external_id : null,
  };
}

function unchanged(next: Message, before: Message): Message {
  for (const field of FIXED)
    if (next[field] !== before[field]) throw invalid(field, 'cannot be changed; send a new message');
  return next;
}
