import { z } from 'zod';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';
import { route, type Route } from '../../http/route.ts';
import { namesOf } from './webhook-rules.ts';
import { signature } from './webhook-schema.ts';

const formatShape = z
  .object({
    name: z.string(),
    label: z.string(),
    docs: z.string().meta({ description: 'A URL, or a page of the folder `docs` of Fairlead.' }),
    default: z.boolean().meta({ description: 'Whether a webhook has it if no `format` is given.' }),
    one_event: z.boolean().meta({ description: 'A webhook has exactly one event type.' }),
    payload: z.enum(['summary', 'full']),
    timeout_s: z.int(),
    retry: z.object({ max: z.int(), intervals_s: z.array(z.int()) }),
    most_retries: z.int().meta({ description: 'The maximum number of retries.' }),
    unsigned: z.enum(['never', 'where asked', 'by default']).meta({
      description:
        'Whether deliveries can be unsigned: never; if `secret` is null; or also if no secret is given.',
    }),
    signatures: z.array(signature).meta({
      description:
        'The values of `signature` to choose from, the default first; empty if there is no choice.',
    }),
    names: z.array(z.string()).meta({
      description: 'The values of `names` to choose from, the default first; empty if there is no choice.',
    }),
    secret_hint: z.string().meta({ description: 'What a secret of your own looks like: a sentence.' }),
    rotation_overlaps: z
      .boolean()
      .meta({ description: 'After a rotation, the old secret also signs for a while.' }),
    disables_on_410: z.boolean().meta({ description: 'A 410 response always disables the webhook.' }),
  })
  .meta({ id: 'WebhookFormat' });

interface ListedFormat {
  format: Format;
  label: string;
  /** A URL, or a page of docs/. */
  docs: string;
}

/**
 * The webhook formats with their defaults, for forms that show them.
 * @param formats the first is the default
 */
export function webhookFormatRoutes(formats: readonly ListedFormat[]): Route[] {
  const data = formats.map(({ format, label, docs }, at) => ({
    name: format.name,
    label,
    docs,
    default: at === 0,
    one_event: format.oneEvent,
    payload: format.defaults.payload,
    timeout_s: format.defaults.timeoutMs / 1000,
    retry: { max: format.defaults.retryMax, intervals_s: format.defaults.intervalsS },
    most_retries: format.maxRetries,
    unsigned: format.unsigned,
    signatures: format.asymmetric ? signature.options : [],
    names: namesOf(format),
    secret_hint: format.secretHint,
    rotation_overlaps: format.rotationOverlaps,
    disables_on_410: format.goneDisables,
  }));
  return [
    route({
      method: 'GET',
      path: '/api/v1/webhook-formats',
      scope: null,
      tag: 'webhooks',
      summary: 'List webhook formats with their defaults',
      answers: { 200: z.object({ data: z.array(formatShape) }) },
      handle: () => Promise.resolve({ status: 200, body: { data } }),
    }),
  ];
}
