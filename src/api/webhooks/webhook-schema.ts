import { z } from 'zod';
import { requiredText } from '../../base/values/text.ts';
import { invalid } from '../../base/errors.ts';
import { prefixed } from '../../base/id.ts';
import type { Endpoint } from '../../delivery/endpoint/endpoint.ts';
import { TEST_EVENT, type Catalogue } from '../../events/event-type.ts';
import { CONTENT_TYPES } from '../../delivery/endpoint/body-content-type.ts';
import type { Format, Formats } from '../../delivery/endpoint/webhook-format.ts';
import { urlProblem, type Guard } from '../../net/egress-guard.ts';
import { MASK } from '../../delivery/log/attempt-request.ts';
import { FAIRLEAD_NAMES, type Signature } from './webhook-rules.ts';

/** Receivers reject headers above 16 KiB, as Node does, or 8 KiB; Fairlead's own headers need room too. */
const MAX_HEADER_BYTES = 12_288;

/** Headers that a webhook may not set: they would break HTTP or replace Fairlead's own. */
const RESERVED =
  /^(host|content-.*|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*|user-agent)$/i;

const headerValue = z
  .string()
  .max(4096)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII without line breaks');

const headers = z
  .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'is not a valid header name'), headerValue)
  .refine(
    (input) => Object.entries(input).join('\r\n').length <= MAX_HEADER_BYTES,
    `must have at most ${MAX_HEADER_BYTES} bytes in total`,
  )
  .meta({ description: 'Sent with every delivery; values are masked in responses.' });

const retry = z.strictObject({
  max: z.int().min(0).max(20).optional().meta({
    description: 'Retries after the first attempt: up to `most_retries` of the format.',
  }),
  intervals_s: z
    .array(z.int().min(1).max(604_800))
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'The delay before each retry, in seconds; the last repeats.' }),
});

const rateLimit = z
  .strictObject({ max: z.int().min(1).max(10_000), per_s: z.int().min(1).max(3600) })
  .nullable()
  .meta({ description: 'At most `max` requests in any `per_s` seconds; null (the default) for no limit.' });

export const signature = z.enum(['v1', 'v1a']).meta({
  description:
    'In formats with `signatures`: `v1`, an HMAC with a shared secret (default), or `v1a`, Ed25519, verified by `public_key`. Changed by rotating the secret.',
});

const changeable = {
  name: requiredText(200),
  url: z
    .string()
    .meta({ description: 'HTTPS, at a public address.', examples: ['https://example.com/webhooks'] }),
  events: z
    .array(z.string().max(100))
    .min(1, 'must name at least one event, or "*"')
    .max(200)
    .meta({
      description: 'Event types, or `*` for all that the format documents.',
      examples: [['contact.created']],
    }),
  active: z.boolean(),
  method: z.enum(['POST', 'PUT', 'PATCH']),
  content_type: z.enum(CONTENT_TYPES).meta({
    description: 'In form encoding, nested fields are in brackets: `data[custom_fields][industry]`.',
  }),
  headers,
  timeout_s: z
    .int()
    .min(5)
    .max(60)
    .meta({ description: 'One deadline for connection, request and the response headers.' }),
  retry,
  disable_after: z.int().min(1).max(10_000).nullable().meta({
    description: 'Disabled after this many consecutive failed attempts; null (the default) for never.',
  }),
  disable_on_410: z.boolean().meta({
    description: 'Disabled by a 410 Gone response. Always true in formats with `disables_on_410`.',
  }),
  filter: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({
      description:
        'A condition on the content of events: `{"all":[…]}`, `{"any":[…]}`, `{"not":…}`, `{"field","op","value"}` with equals, in, exists, greater, less or contains, `{"tag":"vip"}`, `{"pipeline":"Sales pipeline"}`.',
      examples: [{ field: 'custom_fields.industry', op: 'equals', value: 'Technology' }],
    }),
  payload: z
    .enum(['summary', 'full'])
    .meta({ description: '`summary` contains no personal data; `full` is the record.' }),
  names: z.string().max(60).nullable().meta({
    description:
      'In formats with `names`: whose names of event types and ids its events have. With `fairlead`, ids are UUIDs; otherwise integers, as the system has them. Null in other formats.',
  }),
  max_in_flight: z.int().min(1).max(64).meta({ description: 'Maximum number of concurrent requests.' }),
  rate_limit: rateLimit,
  ordering: z.enum(['none', 'record']).meta({
    description:
      '`record`: events of one record are sent in order, each after the previous one was delivered or has failed finally. `none` (the default): as fast as the receiver accepts them.',
  }),
};

/** Set by the server and ignored in requests, so that clients can send back what they read. */
const ignored = Object.fromEntries(
  [
    'id',
    'state',
    'reason',
    'breaker',
    'signed',
    'public_key',
    'created_at',
    'updated_at',
    'version',
    'workspace_id',
  ].map((name) => [name, z.unknown().optional().meta({ readOnly: true })]),
);

const newWebhook = z.strictObject({
  ...changeable,
  active: changeable.active.default(true),
  format: z.string(),
  method: changeable.method.default('POST'),
  content_type: changeable.content_type.default('application/json'),
  headers: headers.default({}),
  timeout_s: changeable.timeout_s.optional(),
  retry: retry.default({}),
  disable_after: changeable.disable_after.default(null),
  disable_on_410: changeable.disable_on_410.optional(),
  filter: changeable.filter.default(null),
  payload: changeable.payload.optional(),
  names: changeable.names.optional(),
  max_in_flight: changeable.max_in_flight.default(64),
  rate_limit: rateLimit.default(null),
  ordering: changeable.ordering.default('none'),
  secret: z.string().max(512).nullable().optional().meta({
    description:
      'Your own signing secret, as `secret_hint` of the format says. If it is missing, it is generated, except in formats that are `unsigned` by default. null: unsigned, if the format allows it.',
  }),
  ...ignored,
  signature: signature.nullable().optional(),
});
export type CreateBody = z.output<typeof newWebhook>;

export function createBody(formats: Formats) {
  const names = [...formats.keys()];
  const listed = names.map((name) => `\`${name}\``).join(', ');
  return newWebhook.extend({
    format: z
      .string()
      .default(names[0]!)
      .meta({
        description: `One of ${listed}; \`GET /webhook-formats\` describes them. It cannot be changed.`,
      }),
  });
}

export const updateBody = z.strictObject({
  ...z.object(changeable).partial().shape,
  ...ignored,
  format: z.unknown().optional(),
  signature: signature.nullable().optional(),
});
export type UpdateBody = z.output<typeof updateBody>;

export const webhookSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    format: z.string(),
    events: z.array(z.string()),
    active: z.boolean(),
    state: z.enum(['active', 'paused', 'disabled']),
    reason: z.string().nullable().meta({ description: 'Why it was disabled.' }),
    method: z.string(),
    content_type: z.string(),
    headers: z.record(z.string(), z.string()),
    timeout_s: z.int(),
    retry: z.object({ max: z.int(), intervals_s: z.array(z.int()) }),
    disable_after: z.int().nullable(),
    disable_on_410: z.boolean(),
    filter: z.record(z.string(), z.unknown()).nullable(),
    payload: z.enum(['summary', 'full']),
    names: z.string().nullable(),
    max_in_flight: z.int(),
    rate_limit: z.object({ max: z.int(), per_s: z.int() }).nullable(),
    ordering: z.enum(['none', 'record']),
    breaker: z
      .object({ state: z.enum(['closed', 'open', 'half_open']), until: z.iso.datetime().nullable() })
      .meta({
        description: 'Open: no requests until then. Half-open: one probe request is next.',
      }),
    signed: z.boolean(),
    signature: z.enum(['v1', 'v1a']).nullable().meta({ description: 'Null in formats with only one kind.' }),
    public_key: z.string().nullable().meta({ description: 'The key to verify v1a: `whpk_…`.' }),
    version: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    secret: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Shown once: on creation and on rotation.' }),
  })
  .meta({ id: 'Webhook' });

/** A webhook in API responses. The secret is included only by the two calls that generate one. */
export function showWebhook(endpoint: Endpoint, formats: Formats, secret?: string | null) {
  const format = formats.get(endpoint.format);
  return {
    id: prefixed('wh', endpoint.id),
    name: endpoint.name,
    url: endpoint.url,
    format: endpoint.format,
    events: [
      ...new Set(endpoint.events.map((type) => (type === '*' ? type : (format?.nameOf(type) ?? type)))),
    ],
    active: endpoint.state === 'active',
    state: endpoint.state,
    reason: endpoint.reason,
    method: endpoint.method,
    content_type: endpoint.contentType,
    headers: Object.fromEntries(Object.keys(endpoint.headers).map((name) => [name, MASK])),
    timeout_s: endpoint.timeoutMs / 1000,
    retry: { max: endpoint.retryMax, intervals_s: endpoint.retryIntervalsS },
    disable_after: endpoint.disableAfter,
    disable_on_410: endpoint.disableOnGone || format?.goneDisables === true,
    filter: endpoint.filter,
    payload: endpoint.payload,
    names: format?.ownNames ? (endpoint.ownNames ? format.name : FAIRLEAD_NAMES) : null,
    max_in_flight: endpoint.maxInFlight,
    rate_limit: endpoint.rateLimit && {
      max: endpoint.rateLimit.max,
      per_s: endpoint.rateLimit.perMs / 1000,
    },
    ordering: endpoint.ordering,
    breaker: endpoint.breaker,
    signed: endpoint.secrets.length > 0,
    signature: signatureOf(endpoint, format),
    public_key: (endpoint.secrets[0] && format?.asymmetric?.publicOf(endpoint.secrets[0])) ?? null,
    version: endpoint.version,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
    ...(secret !== undefined && { secret }),
  };
}

/** How it signs; null if the format has only one way. */
export function signatureOf({ secrets: [secret] }: Endpoint, format: Format | undefined): Signature | null {
  if (!format?.asymmetric || secret === undefined) return null;
  return format.asymmetric.isPrivate(secret) ? 'v1a' : 'v1';
}

export function checkUrl(url: string, guard: Guard): void {
  const problem = urlProblem(url, guard);
  if (problem !== null) throw invalid('url', problem);
}

/**
 * Converts the format's event type names to Fairlead's. An unknown name is rejected with its index.
 * @param kept types that may stay although they no longer exist
 */
export function eventTypes(
  names: readonly string[],
  format: Format,
  catalogue: Catalogue,
  kept: readonly string[] = [],
): string[] {
  if (format.oneEvent && (names.length > 1 || names[0] === '*')) {
    const why = `a webhook of the format ${format.name} has exactly one event type; create several webhooks for several`;
    throw invalid(names.length > 1 ? 'events' : 'events.0', why);
  }
  const types = names.flatMap((name, at) => {
    // A type that the workspace defined may have the name of a type of the format's system.
    const isOwn = name === '*' || catalogue.type(name)?.custom === true;
    const meant: readonly [string, ...string[]] = isOwn ? [name] : format.typesOf(name);
    const [type] = meant;
    if (type !== '*' && !catalogue.type(type) && !kept.includes(type)) {
      const why =
        type === TEST_EVENT
          ? 'is sent only by the test call'
          : 'is not an event type; see GET /api/v1/event-types';
      throw invalid(`events.${at}`, `"${name.slice(0, 100)}" ${why}`);
    }
    return meant;
  });
  return [...new Set(types)];
}

/** Custom headers to store; a masked value keeps the existing one. */
export function customHeaders(
  input: Record<string, string>,
  current: Record<string, string>,
  format: Format,
): Record<string, string> {
  const own = new Set(format.ownHeaders.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  for (const name of Object.keys(input)) {
    const lower = name.toLowerCase();
    if (RESERVED.test(name))
      throw invalid(`headers.${name}`, 'is set by HTTP or by Fairlead and cannot be changed');
    if (own.has(lower))
      throw invalid(`headers.${name}`, `carries the signature of the format ${format.name}`);
    if (seen.has(lower)) throw invalid(`headers.${name}`, 'is duplicated');
    seen.add(lower);
  }
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, value === MASK ? (current[name] ?? value) : value]),
  );
}
