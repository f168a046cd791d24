import type { Integration } from '../integration.ts';
import { automatenexusFormat } from './automatenexus-format.ts';

export const automatenexus: Integration = {
  name: 'automatenexus',
  label: 'AutomateNexus',
  docs: 'docs/webhooks.md#formats',
  webhookFormat: automatenexusFormat,
};
