import type { EnrichStep } from '../../record/record-service.ts';
import { memberOf, personWith, type MessageValueParts } from './message-values.ts';

/** Fills in the numbers, the person and the member of a call that is recorded by hand. */
export function fillCall({ db, accounts, people }: MessageValueParts): EnrichStep {
  return async ({ kind, writer, input }) => {
    if (kind !== 'create') return;
    const { workspaceId, actor } = writer;
    for (const field of ['from', 'to']) {
      const sent = input[field];
      if (typeof sent === 'string') input[field] = (await accounts.international(workspaceId, sent)) ?? sent;
    }
    input['user_id'] ??= memberOf(actor);
    const other = input[input['direction'] === 'in' ? 'from' : 'to'];
    if (typeof other !== 'string' || input['contact_id'] || input['lead_id']) return;
    Object.assign(input, await personWith(people(), db, workspaceId, other));
  };
}
