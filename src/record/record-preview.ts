import { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import { invalid } from '../base/errors.ts';
import { prefixed } from '../base/id.ts';
import type { MatchingWebhook } from '../events/outbox.ts';
import type { Answer } from '../http/route.ts';
import type { Preview } from './record-service.ts';

/** The query parameter of every route that writes a single record. */
export const dryRunParameter = {
  dry_run: z.stringbool().optional().meta({
    description:
      'True: writes nothing, and answers 200 with the effect that the request would have now (`Preview`).',
  }),
};

/** The query of a route that has no other parameters. */
export const dryRunQuery = z.strictObject(dryRunParameter);

export interface DryRunQuery {
  dry_run?: boolean | undefined;
}

export const previewShape = z
  .object({
    dry_run: z.literal(true),
    record: z.record(z.string(), z.unknown()).meta({
      description: 'The record after the write, without what is only assigned or computed when it is stored.',
    }),
    changed: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'For an update: the fields that would change, with their current values.' }),
    events: z.array(z.string()).meta({ description: 'The event types that would be fired, in order.' }),
    webhooks: z
      .array(
        z.object({
          id: z.string().optional(),
          name: z.string().optional(),
          url: z.string().optional(),
          events: z.array(z.string()).meta({ description: 'The event types that it would be sent.' }),
        }),
      )
      .meta({
        description:
          'The webhooks that these events would be sent to. Without the scope `webhooks:read`: only their events.',
      }),
  })
  .meta({ id: 'Preview' });

export type PreviewBody = z.output<typeof previewShape>;

/** The answer of a dry run. */
export function previewAnswer(
  caller: Pick<Caller, 'may'>,
  { record, changed, events, webhooks }: Preview<object>,
): Answer {
  const maySee = caller.may('webhooks:read');
  return {
    status: 200,
    body: {
      dry_run: true,
      record,
      changed,
      events,
      webhooks: webhooks.map((webhook) => (maySee ? shownWebhook(webhook) : { events: webhook.events })),
    } satisfies PreviewBody | { record: object },
  };
}

/** Throws `validation_error` for a dry run of a create that depends on whether the record exists. */
export function checkPreviewable(mode: string | undefined): void {
  if (mode !== undefined && mode !== 'create')
    throw invalid('dry_run', 'cannot be combined with on_duplicate');
}

function shownWebhook({ id, name, url, events }: MatchingWebhook) {
  return { id: prefixed('wh', id), name, url, events };
}
