import { z } from 'zod';
import { invalid } from '../../base/errors.ts';
import { defineNoun, type InputOfNoun } from '../../record/noun.ts';
import { CALL_FIELDS, type Call } from './call-fields.ts';
import { callEvents, hasEnded, loggedCall } from './call-state.ts';

/** What the telephony module passes to `derive` for a call of a provider. */
export interface CallResolution {
  provider?: { name: string; connectionId: string; status: Call['status']; externalId: string | null };
}

/** What a provider reports does not change by hand. */
const OF_PROVIDER = [
  'direction',
  'status',
  'from',
  'to',
  'started_at',
  'ended_at',
  'duration',
  'external_id',
  'answered_by',
] as const;

/** SQL: who it was with, and the member. `f` is the event (events/outbox.ts). */
const CONTEXT = `json_build_object(
    'contact_name', (select nullif(concat_ws(' ', c.first_name, c.last_name), '') from contact c
      where c.workspace_id = f.workspace_id and c.id = (f.record->>'contact_id')::uuid),
    'user', (select json_build_object('id', u.id, 'name', u.name) from app_user u
      where u.id = (f.record->>'user_id')::uuid))`;

const contextOutput = z.object({
  contact_name: z.string().nullable().meta({ description: 'Name of the contact' }),
  user: z
    .object({
      id: z.uuid().meta({ description: 'User id' }),
      name: z.string().nullable().meta({ description: 'Name' }),
    })
    .nullable()
    .meta({ description: 'The member who called or was called' }),
});

/** A telephone call, of a provider or recorded by hand (SM2). */
export const call = defineNoun({
  name: 'call',
  plural: 'calls',
  label: 'Call',
  pluralLabel: 'Calls',
  title: ['to', 'from'],
  listed: ['direction', 'status', 'contact_id', 'from', 'to', 'duration', 'started_at', 'user_id'],
  subtitle: ['status', 'started_at'],
  isOnTimelines: true,
  fields: CALL_FIELDS,
  eventIds: { connection_id: 'connection' },
  aliases: { duration_s: 'duration' },

  derive(next, before, { at, resolved }) {
    if (before) return changedCall(next, before);
    const { provider } = resolved as CallResolution;
    const sentStart = next.started_at as string | null;
    if (!provider) return loggedCall(next, sentStart, at);
    const { name, connectionId, status, externalId } = provider;
    return {
      ...next,
      started_at: sentStart ?? at,
      status,
      provider: name,
      connection_id: connectionId,
      external_id: externalId,
    };
  },

  descriptions: {
    updated: 'At least one field of a call changed, such as its recording. Not fired when it ends.',
  },
  events: {
    completed: {
      description: 'A call ended, whether it was answered or not. Once a call.',
      sample: { version: 1, updated_at: '2026-06-01T12:00:00.000Z' },
      context: {
        contact_name: 'Jane Doe',
        user: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71', name: 'Sam Seller' },
      },
      contextOutput,
    },
  },
  contexts: { 'call.completed': CONTEXT },
  firesOnCreate: (record) => (hasEnded(record) ? ['call.completed'] : ['call.created']),
  fires: (before, after) => callEvents(before, after),
  summary: ({ recording_url: recording }) => ({ has_recording: recording != null }),

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7e21' },
});

export type CallInput = InputOfNoun<typeof call>;

function changedCall(next: Call, before: Call): Call {
  if (before.provider === null) {
    if (!hasEnded(next)) throw invalid('status', 'must stay one of a call that has ended');
    return next;
  }
  for (const field of OF_PROVIDER)
    if (next[field] !== before[field]) throw invalid(field, `comes from ${before.provider}`);
  return next;
}
