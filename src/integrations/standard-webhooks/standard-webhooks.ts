import type { Integration } from '../integration.ts';
import { standardFormat } from './standard-webhooks-format.ts';

export const standardWebhooks: Integration = {
  name: 'standard-webhooks',
  label: 'Standard Webhooks',
  docs: 'https://www.standardwebhooks.com/',
  webhookFormat: standardFormat,
};
