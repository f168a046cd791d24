import type { Integration } from '../integration.ts';
import { axcelerateFormat } from './axcelerate-format.ts';

export const axcelerate: Integration = {
  name: 'axcelerate',
  label: 'aXcelerate',
  docs: 'docs/webhooks.md#formats',
  webhookFormat: axcelerateFormat,
};
