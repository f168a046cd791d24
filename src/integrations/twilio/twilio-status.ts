import type { CallStatus } from '../../messaging/telephony/call-fields.ts';
import type { MessageStatus } from '../../messaging/telephony/message-status.ts';

const MESSAGE: Readonly<Record<string, MessageStatus>> = {
  accepted: 'sent',
  scheduled: 'sent',
  queued: 'sent',
  sending: 'sent',
  sent: 'sent',
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  read: 'read',
  canceled: 'canceled',
};

const CALL: Readonly<Record<string, CallStatus>> = {
  queued: 'queued',
  initiated: 'queued',
  ringing: 'ringing',
  'in-progress': 'in_progress',
  answered: 'in_progress',
  completed: 'completed',
  busy: 'busy',
  'no-answer': 'no_answer',
  failed: 'failed',
  canceled: 'canceled',
};

/** Null for a status that is not known. */
export function messageStatusOf(status: string): MessageStatus | null {
  return Object.hasOwn(MESSAGE, status) ? MESSAGE[status]! : null;
}

/** Null for a status that is not known. */
export function callStatusOf(status: string): CallStatus | null {
  return Object.hasOwn(CALL, status) ? CALL[status]! : null;
}
