import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import type { EnrichStep } from './record-service.ts';

/** Gives a record the workspace's currency: a new one without a currency, and one whose currency is cleared. */
export function fillCurrency(settings: Pick<WorkspaceSettingsStore, 'recent'>): EnrichStep {
  return async ({ writer, kind, input }) => {
    const { currency } = input;
    if (kind === 'create' ? currency != null : currency !== null) return;
    input['currency'] = (await settings.recent(writer.workspaceId)).currency;
  };
}
