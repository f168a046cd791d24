import { z } from 'zod';

/** How a hit was judged (messaging/tracking/). */
const hit = {
  verdict: z.enum(['human', 'machine', 'unknown']).meta({ description: 'Who it was' }),
  reason: z.string().meta({ description: 'The rule by which that was judged' }),
};

const hitSample = { verdict: 'human', reason: 'browser' };

/** Events of mails besides created, updated, deleted and restored. */
export const EMAIL_EVENTS = {
  sent: { description: 'A mail system accepted an email: once a mail.' },
  delivered: {
    description: "The recipient's mail system accepted an email, where the provider reports it: once a mail.",
    sample: { status: 'delivered' as const, delivered_at: '2026-06-02T09:00:05.000Z' },
  },
  opened: {
    description: 'A tracked email was opened by a person.',
    sample: { opens: 1, human_opens: 1, first_opened_at: '2026-06-02T09:10:00.000Z' },
    context: hitSample,
    contextOutput: z.object(hit),
  },
  clicked: {
    description: 'A tracked link of an email was followed by a person.',
    sample: { clicks: 1, human_clicks: 1, first_clicked_at: '2026-06-02T09:11:00.000Z' },
    context: { ...hitSample, link: 'https://www.example.com/berths' },
    contextOutput: z.object({
      ...hit,
      link: z.string().nullable().meta({ description: 'The address of the link; null for a private mail' }),
    }),
  },
  bounced: {
    description: 'An email was returned or refused: once a mail.',
    sample: {
      status: 'bounced' as const,
      bounce_kind: 'hard' as const,
      bounce_status: '5.1.1',
      bounce_reason: '550 5.1.1 unknown user',
    },
  },
  failed: {
    description: 'An email could not be sent.',
    sample: { status: 'failed' as const, sent_at: null, status_reason: 'The message is too large.' },
  },
  received: {
    description: 'An email was received.',
    sample: {
      direction: 'in' as const,
      status: 'received' as const,
      sent_at: null,
      received_at: '2026-06-02T09:00:00.000Z',
    },
  },
};
