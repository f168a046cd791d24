import { lazy } from 'react';
import type { Message } from '../api/message-queries.ts';
import { viewOf } from '../record/object-view.ts';
import { MessageMedia } from './message-media.tsx';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';

const HIDDEN = { Input: null, Cell: null, Value: null, Filter: null };

const TONES: Partial<Record<Message['status'], Tone>> = {
  delivered: 'good',
  read: 'good',
  received: 'good',
  undelivered: 'bad',
  failed: 'bad',
  unknown: 'warning',
};

/** Messages are written in their thread. */
export const messageView = viewOf<Message>({
  isNameEnough: false,
  List: lazy(async () => ({ default: (await import('./message-list.tsx')).MessageList })),
  fields: {
    direction: { Input: null },
    from: { Input: null },
    to: { Input: null },
    body: { Input: null },
    channel: { isRare: true },
    encoding: HIDDEN,
    media_count: { isShown: ({ media_count: count }) => count > 0 },
    connection_id: HIDDEN,
    external_id: { ...HIDDEN, isRare: true },
    error_code: { isRare: true },
    error_text: { isRare: true },
    opt_out_type: { isRare: true },
    send_at: { Input: null, isRare: true },
    delivered_at: { isRare: true },
  },
  Badge: ({ record: { status } }) => <StateBadge tone={TONES[status] ?? 'calm'}>{status}</StateBadge>,
  panels: {
    media: ({ record }) => (record.media_count === 0 ? null : <MessageMedia id={record.id} />),
  },
  lastChange: ({ direction }) => (direction === 'in' ? 'Message received' : 'Message sent'),
});
