import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler, InboundResult } from '../../connections/connection-kind.ts';
import type { ConnectionServices } from '../integration.ts';
import { testTelnyx } from './telnyx-api.ts';
import { readTelnyxEvent, telnyxSummary } from './telnyx-event.ts';
import { verifyTelnyxSignature } from './telnyx-signature.ts';

const events: InboundHandler<ConnectionServices> = {
  path: '',
  label: 'Webhook URL',
  verify: (request, { settings }) => verifyTelnyxSignature(request, publicKeyIn(settings), Date.now()),
  summarize: ({ body }) => telnyxSummary(body),
  async handle({ body }, { workspaceId, id, settings }, { phone, takeLead }): Promise<InboundResult> {
    const event = readTelnyxEvent(body);
    if (!event) throw new ApiError('validation_error', 'The body is no event of Telnyx.');
    const line = { workspaceId, id, settings, kind: telnyxConnection.name };
    if (event.kind === 'other')
      return {
        outcome: 'ignored',
        reason: `Events of the type ${event.type} are not used.`.slice(0, 300),
        ...ANSWER,
      };
    if (event.kind === 'report') {
      const taken = await phone.reportMessage(line, null, event.report);
      if (taken.id === null)
        return { outcome: taken.outcome, reason: 'No message of this connection has this id.', ...ANSWER };
      return { outcome: taken.outcome, record: { type: 'message', id: taken.id }, ...ANSWER };
    }
    const { message } = event;
    const taken = await phone.receiveMessage(line, message, async (number) => {
      const input = { phone: number, source: 'SMS' };
      const lead = await takeLead(workspaceId, {
        id: message.externalId,
        input,
        sent: input,
        sentText: () => JSON.stringify(input),
      });
      return lead.id;
    });
    return { outcome: taken.outcome, record: { type: 'message', id: taken.id }, ...ANSWER };
  },
};

const ANSWER = { answer: '{"status":"ok"}' };

/** '' of an unknown connection. */
function publicKeyIn({ public_key: key }: Readonly<Record<string, unknown>>): string {
  return typeof key === 'string' ? key : '';
}

/** Messages of a Telnyx account (SM3). */
export const telnyxConnection: ConnectionKind<ConnectionServices> = {
  name: 'telnyx',
  label: 'Telnyx',
  description: 'Sends and receives text messages.',
  docs: 'docs/integrations/telnyx.md',
  steps: [
    'In the Telnyx portal, open Account → Keys & Credentials: copy the public key, and create an API key.',
    'Open Messaging → Programmable Messaging, and the profile of your number.',
    'Set its webhook URL, API version 2, to the URL of this connection.',
  ],
  settings: z.object({
    public_key: plainText(100)
      .trim()
      .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be the public key of the account: 44 characters that end with =')
      .meta({ title: 'Public key', description: 'With it, requests of Telnyx are verified.' }),
    from: plainText(32)
      .trim()
      .regex(/^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/, 'must be a number like +15550100001')
      .meta({ title: 'Number', description: 'The number that sends, as in +15550100001.' }),
    messaging_profile_id: plainText(64).trim().optional().meta({
      title: 'Messaging profile id',
      description: 'Optional: needed to send from a name or a pool of numbers.',
    }),
    per_second: z.number().min(0.01).max(1000).default(1).meta({
      title: 'Messages a second',
      description: 'Of one number.',
    }),
    create: z.enum(['none', 'contact', 'lead']).default('none').meta({
      title: 'Unknown senders',
      description: 'What becomes of somebody who writes from a number that nobody has.',
    }),
  }),
  secrets: z.object({
    api_key: plainText(200)
      .trim()
      .min(1, 'is required')
      .meta({ title: 'API key', description: 'Begins with KEY.' }),
  }),
  generate: {},
  scopes: ['messages:write', 'contacts:write'],
  test: ({ settings, secrets }, { http }) => testTelnyx({ settings, secrets }, http),
  inbound: [events],
};
