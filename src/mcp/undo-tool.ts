import { z } from 'zod';
import { ApiError } from '../base/errors.ts';
import { prefixed } from '../base/id.ts';
import type { Body } from './api-caller.ts';
import type { Step } from './operation-store.ts';
import { dryRunInput, DELETES, tool, type Tool, type ToolContext } from './tool.ts';
import { undoStep, type UndoneStep } from './undo-step.ts';

/** The tool that takes an operation back. */
export function undoTool(context: ToolContext): Tool {
  const { api, operations } = context;
  return tool({
    name: 'undo',
    title: 'Undo an operation',
    description:
      'Takes back what a tool wrote, by its `operation_id`, for 30 days: deletes what was created, restores what was deleted, sets fields back. A record that somebody changed since stays as it is, and you learn who did. Events that were sent cannot be recalled.',
    input: z.strictObject({ operation_id: z.uuid(), dry_run: dryRunInput }),
    annotations: DELETES,
    async run({ operation_id: operationId, dry_run: isDryRun }) {
      const { caller } = api;
      const operation = await operations.find(caller.workspaceId, operationId);
      if (!operation || (operation.actor !== caller.actor && !caller.may('workspace:manage')))
        throw new ApiError('not_found', 'There is no operation with this id, or it is older than 30 days.');
      if (operation.undone_at !== null)
        throw new ApiError('conflict', `This operation was undone at ${operation.undone_at}.`);

      const undone: UndoneStep[] = [];
      // The last step first: it may depend on those before.
      for (const step of operation.steps.toReversed()) undone.push(await undoStep(context, step, isDryRun));
      const steps = undone.flatMap(({ step }) => step ?? []);
      const isComplete = undone.every(({ state }) => state !== 'conflict' && state !== 'refused');
      const id = context.newId();
      if (!isDryRun && steps.length > 0) await operations.record(caller, { id, tool: 'undo', steps });
      if (!isDryRun && isComplete) await operations.markUndone(caller, operation);
      return {
        dry_run: isDryRun,
        undone: isComplete,
        ...(!isDryRun && steps.length > 0 && { operation_id: id }),
        results: undone.map(({ step: _step, ...shown }) => shown),
        cannot_be_recalled: await recall(context, operation.steps),
      };
    },
  });
}

/** The most events whose deliveries are looked up. */
const MAX_EVENTS = 20;

/** What stays: events, and the webhooks that got them. */
async function recall({ api }: ToolContext, steps: readonly Step[]): Promise<Body> {
  const events = steps.flatMap(({ entries }) => entries.map((id) => prefixed('evt', id)));
  const note = 'Events stay in the feed, and receivers keep what they got; undoing fires further events.';
  if (!api.may('GET', 'deliveries')) return { events, note };
  const sent = await Promise.all(
    events.slice(0, MAX_EVENTS).map(async (id) => {
      const { data } = await api.call('GET', 'deliveries', { query: { event_id: id, limit: '50' } });
      return (data as Body[]).filter(({ state }) => state === 'delivered').length;
    }),
  );
  return { events, delivered_to_webhooks: sent.reduce((sum, count) => sum + count, 0), note };
}
