import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind } from '../../connections/connection-kind.ts';
import { BUSINESS_HOURS } from '../../messaging/telephony/business-hours.ts';
import type { ConnectionServices } from '../integration.ts';
import { testTwilio } from './twilio-api.ts';
import { TWILIO } from './twilio-request.ts';
import { smsHandler, smsStatusHandler } from './twilio-sms.ts';
import { dialResult, recording, voice, voicemail, voiceStatus } from './twilio-voice.ts';

const NUMBER = /^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/;

/** Messages and calls of a Twilio account (SM1, SM2). */
export const twilioConnection: ConnectionKind<ConnectionServices> = {
  name: TWILIO,
  label: 'Twilio',
  description: 'Sends and receives text messages and calls, with their recordings.',
  docs: 'docs/integrations/twilio.md',
  steps: [
    'In the Twilio console, copy the account SID and the auth token. Requests are signed with the primary auth token; API keys cannot sign.',
    'Open Phone Numbers → Manage → Active numbers, and choose your number.',
    'Under Messaging, set “A message comes in” to the URL of that name, with HTTP POST.',
    'Under Voice, set “A call comes in” and “Call status changes” to the URLs of those names, with HTTP POST.',
    'The other URLs are passed to Twilio with each message and call; they need not be set.',
  ],
  settings: z.object({
    account_sid: plainText(64)
      .trim()
      .min(1, 'is required')
      .meta({ title: 'Account SID', description: 'Begins with AC.' }),
    from: plainText(32)
      .trim()
      .regex(NUMBER, 'must be a number like +15550100001, a short code or a sender name')
      .meta({ title: 'Number', description: 'The number that sends, as in +15550100001.' }),
    numbers: plainText(1000).optional().meta({
      title: 'Further numbers',
      description: 'Separated by commas.',
    }),
    messaging_service_sid: plainText(64).trim().optional().meta({
      title: 'Messaging service SID',
      description: 'Optional: it then chooses the number that sends.',
    }),
    per_second: z.number().min(0.01).max(1000).default(1).meta({
      title: 'Messages a second',
      description: 'Of one number: 1 for long codes of the US, 3 for toll-free numbers, 100 for short codes.',
    }),
    create: z.enum(['none', 'contact', 'lead']).default('none').meta({
      title: 'Unknown senders',
      description: 'What becomes of somebody who writes from a number that nobody has.',
    }),
    forward_to: plainText(32).trim().optional().meta({
      title: 'Forward calls to',
      description: 'Where calls ring, if the owner of the caller has no phone set.',
    }),
    business_hours: plainText(40)
      .trim()
      .regex(BUSINESS_HOURS, 'must be like 1-5 09:00-17:30, with 1 for Monday')
      .or(z.literal(''))
      .optional()
      .meta({
        title: 'Business hours',
        description:
          'As in 1-5 09:00-17:30: from Monday to Friday, in the time zone of the workspace. Empty: always.',
      }),
    voicemail: z.boolean().default(true).meta({
      title: 'Voicemail',
      description: 'Whether callers can leave a message where nobody takes the call.',
    }),
    voicemail_text: plainText(500).optional().meta({
      title: 'Voicemail greeting',
      description: 'Read to the caller before the beep.',
    }),
    closed_text: plainText(500).optional().meta({
      title: 'Greeting outside business hours',
      description: 'Read in its place outside business hours.',
    }),
    record: z.boolean().default(false).meta({
      title: 'Record calls',
      description: 'Tell people first: in many places all who talk must agree.',
    }),
  }),
  secrets: z.object({
    auth_token: plainText(200)
      .trim()
      .min(1, 'is required')
      .meta({ title: 'Auth token', description: 'The primary auth token of the account.' }),
  }),
  generate: {},
  scopes: ['messages:write', 'calls:write', 'contacts:write'],
  test: ({ settings, secrets }, { http }) => testTwilio({ settings, secrets }, http),
  inbound: [smsHandler, smsStatusHandler, voice, voiceStatus, recording, dialResult, voicemail],
};
