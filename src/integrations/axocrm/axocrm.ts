import type { Integration } from '../integration.ts';
import { axocrmFormat } from './axocrm-format.ts';

/** Clients and receivers written for axoCRM (AX1, AX9–AX13). */
export const axocrm: Integration = {
  name: 'axocrm',
  label: 'axoCRM',
  docs: 'docs/webhooks.md#formats',
  webhookFormat: axocrmFormat,
  keyStyle: { name: 'axocrm', label: 'axoCRM', prefix: 'axo_live_' },
};
