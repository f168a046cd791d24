import type { Integration } from '../integration.ts';
import { adaptLeadRoute, remixcrmLeadInput } from './lead-api.ts';

/** Clients written for RemixCRM's Lead API (RX1 to RX7). */
export const remixcrm: Integration = {
  name: 'remixcrm',
  label: 'RemixCRM',
  docs: 'docs/leads.md#the-lead-api',
  keyStyle: {
    name: 'remixcrm',
    label: 'RemixCRM lead key',
    prefix: 'rmx_',
    scopes: ['leads:create'],
    leadInput: remixcrmLeadInput,
  },
  adaptRoute: adaptLeadRoute,
};
