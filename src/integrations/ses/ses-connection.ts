import { z } from 'zod';
import { ApiError, unavailable } from '../../base/errors.ts';
import { plainText } from '../../base/values/text.ts';
import type { ConnectionKind, InboundHandler } from '../../connections/connection-kind.ts';
import { ACCOUNT_SETTINGS } from '../../messaging/emails/email-account.ts';
import { baseUrlSetting, takeReports } from '../email-api.ts';
import type { ConnectionServices } from '../integration.ts';
import { hidesBody, takeProviderMail } from '../received-mail.ts';
import { isSesMail, readSesMail } from './ses-inbound.ts';
import { testSes } from './ses-provider.ts';
import { sesReports, sesType } from './ses-report.ts';
import { confirmSubscription, makeSnsVerifier, snsMessage } from './sns-message.ts';

const sns = makeSnsVerifier(Date.now);

const events: InboundHandler<ConnectionServices> = {
  path: '',
  label: 'SNS endpoint URL',
  takesPlainJson: true,
  keepsNoBody: hidesBody((body) => {
    const { data } = snsMessage.safeParse(body);
    return data !== undefined && isSesMail(parsed(data.Message));
  }),
  verify: ({ body, headers }, { settings }, { http }) =>
    sns.verify(body, headers, typeof settings['topic_arn'] === 'string' ? settings['topic_arn'] : '', http),
  summarize({ body }) {
    const { data } = snsMessage.safeParse(body);
    if (!data) return { type: null, externalId: null };
    const type = data.Type === 'Notification' ? sesType(parsed(data.Message)) : data.Type;
    return { type, externalId: data.MessageId };
  },
  async handle({ body }, connection, services) {
    const { workspaceId, id } = connection;
    const { emails, http } = services;
    const message = snsMessage.parse(body);
    if (message.Type === 'SubscriptionConfirmation') {
      const isConfirmed = await confirmSubscription(message, http).catch(() => {
        throw unavailable('Amazon SNS could not be reached.', 60);
      });
      if (!isConfirmed)
        throw new ApiError('validation_error', 'SubscribeURL is none of Amazon SNS, or failed.');
      return {
        outcome: 'accepted',
        reason: 'The subscription was confirmed.',
        answer: '{"status":"accepted"}',
      };
    }
    const content = parsed(message.Message);
    if (message.Type === 'Notification' && isSesMail(content))
      return takeProviderMail(readSesMail(content), connection, services);
    const reports = message.Type === 'Notification' ? sesReports(content, Date.now()) : [];
    const reason = `Events of the type ${sesType(content) ?? message.Type} are not used.`;
    return takeReports(emails, { workspaceId, connectionId: id }, reports, reason);
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Mail by Amazon SES (EM1, EM3). */
export const sesConnection: ConnectionKind<ConnectionServices> = {
  name: 'ses',
  label: 'Amazon SES',
  description: 'Emails are sent by Amazon SES, and bounces and complaints come back by Amazon SNS.',
  docs: 'docs/integrations/ses.md',
  steps: [
    'In AWS, create a key of an IAM user that may call ses:SendEmail, ses:SendRawEmail and ses:GetAccount.',
    'Verify the domain of the sender in SES, and enter region, keys and sender here.',
    'Create an SNS topic (standard, without encryption), and enter its ARN here.',
    'Subscribe the endpoint URL to the topic with the protocol HTTPS, without raw message delivery. It confirms itself.',
    'In SES, create a configuration set with an event destination: the topic, and the events of the list. Enter its name here.',
  ],
  events: ['Bounce', 'Complaint', 'Delivery', 'DeliveryDelay', 'Reject', 'RenderingFailure'],
  settings: z.object({
    region: plainText(40)
      .trim()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region, as in eu-west-1')
      .meta({ title: 'Region', description: 'As in `eu-west-1`.' }),
    topic_arn: plainText(300)
      .trim()
      .regex(/^(arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[\w-]+)?$/, 'must be the ARN of an SNS topic')
      .optional()
      .meta({ title: 'ARN of the SNS topic', description: 'Messages of other topics are refused.' }),
    configuration_set: plainText(64).trim().optional().meta({ title: 'Configuration set' }),
    base_url: baseUrlSetting('https://email.{region}.amazonaws.com'),
    ...ACCOUNT_SETTINGS,
  }),
  secrets: z.object({
    access_key_id: plainText(200).trim().meta({ title: 'Access key id' }),
    secret_access_key: plainText(200).trim().meta({ title: 'Secret access key' }),
  }),
  generate: {},
  scopes: ['emails:send'],
  inbound: [events],
  canRepeat: true,
  test: (values, services) => testSes(values, services),
};
