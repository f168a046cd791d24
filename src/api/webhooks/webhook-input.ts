import { isDeepStrictEqual } from 'node:util';
import type { Caller } from '../../account/caller.ts';
import { invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Endpoint, EndpointChange, NewEndpoint } from '../../delivery/endpoint/endpoint.ts';
import type { Format, Formats } from '../../delivery/endpoint/webhook-format.ts';
import type { Guard } from '../../net/egress-guard.ts';
import type { Inboxes } from '../../delivery/inbox/inbox.ts';
import type { CustomTypes } from '../../events/custom-event-type.ts';
import { readFilter } from '../../events/event-filter.ts';
import type { Catalogue } from '../../events/event-type.ts';
import { checkCanMatch, goneDisables, hasOwnNames, initialSecret, schedule } from './webhook-rules.ts';
import {
  checkUrl,
  customHeaders,
  eventTypes,
  signatureOf,
  type CreateBody,
  type UpdateBody,
} from './webhook-schema.ts';

export interface WebhookInputParts {
  formats: Formats;
  catalogueOf: CustomTypes['catalogueOf'];
  guard: Guard;
  inboxes: Pick<Inboxes, 'isOwn'>;
  /** The pipelines of the workspace, for filters. */
  pipelinesOf(workspaceId: Uuid): Promise<readonly { id: Uuid; name: string }[]>;
}

/** Checks request bodies of webhooks against the rules of their format. Its methods throw `validation_error`. */
export interface WebhookInput {
  formatOf(name: string): Format;
  /** The new endpoint of a create body. */
  newEndpointOf(body: CreateBody, caller: Caller): Promise<NewEndpoint>;
  /** The change that an update body makes to an endpoint. */
  changeOf(body: UpdateBody, current: Endpoint): Promise<EndpointChange>;
}

export function makeWebhookInput(parts: WebhookInputParts): WebhookInput {
  return {
    formatOf: (name) => findFormat(parts, name),
    newEndpointOf: (body, caller) => newEndpointOf(parts, body, caller),
    changeOf: (body, current) => changeOf(parts, body, current),
  };
}

function findFormat({ formats }: WebhookInputParts, name: string): Format {
  const format = formats.get(name);
  if (!format) throw invalid('format', `must be one of ${[...formats.keys()].join(', ')}`);
  return format;
}

async function newEndpointOf(
  parts: WebhookInputParts,
  body: CreateBody,
  caller: Caller,
): Promise<NewEndpoint> {
  const format = findFormat(parts, body.format);
  await checkUrlOf(parts, caller.workspaceId, body.url);
  const secret = initialSecret(body.secret, format, body.signature ?? undefined);
  const { defaults } = format;
  const retry = schedule(body.retry, { max: defaults.retryMax, intervalsS: defaults.intervalsS }, format);
  const catalogue = await catalogueFor(parts, caller.workspaceId, body.events, body.filter, format);
  const events = eventTypes(body.events, format, catalogue);
  const filter = await filterOf(parts, caller.workspaceId, body.filter);
  if (filter) checkCanMatch(filter.input, events, format, catalogue, 'filter');
  return {
    workspaceId: caller.workspaceId,
    name: body.name,
    url: body.url,
    format: format.name,
    events,
    active: body.active,
    secret,
    method: body.method,
    contentType: body.content_type,
    headers: customHeaders(body.headers, {}, format),
    timeoutMs: body.timeout_s ? body.timeout_s * 1000 : defaults.timeoutMs,
    retryMax: retry.max,
    retryIntervalsS: [...retry.intervalsS],
    disableAfter: body.disable_after,
    disableOnGone: goneDisables(body.disable_on_410 ?? format.goneDisables, format),
    filter,
    payload: body.payload ?? defaults.payload,
    ownNames: hasOwnNames(body.names, format),
    maxInFlight: body.max_in_flight,
    rateLimit: rateOf(body.rate_limit),
    ordering: body.ordering,
    createdBy: caller.actor,
  };
}

/**
 * Rejects URLs of this installation, except test inboxes of the workspace, which are delivered without a
 * connection.
 */
async function checkUrlOf(
  { guard, inboxes }: WebhookInputParts,
  workspaceId: Uuid,
  url: string,
): Promise<void> {
  if (!(await inboxes.isOwn(workspaceId, url))) checkUrl(url, guard);
}

/**
 * The catalogue to check events and a filter with: it includes all custom types only if a filter is combined
 * with `*`.
 */
function catalogueFor(
  { catalogueOf }: WebhookInputParts,
  workspaceId: Uuid,
  events: readonly string[],
  filter: object | null | undefined,
  format: Format,
): Promise<Catalogue> {
  if (filter && events.includes('*')) return catalogueOf(workspaceId);
  const names = events.flatMap((name): readonly string[] => (name === '*' ? [] : format.typesOf(name)));
  return catalogueOf(workspaceId, [...names, ...events.filter((name) => name !== '*')]);
}

async function filterOf(
  { pipelinesOf }: WebhookInputParts,
  workspaceId: Uuid,
  input: Record<string, unknown> | null,
) {
  return input && readFilter(input, await pipelinesOf(workspaceId));
}

/** Only changed parts are checked, so that what an older version accepted can be sent back. */
async function subscriptionOf(
  parts: WebhookInputParts,
  { events, filter }: UpdateBody,
  current: Endpoint,
  format: Format,
): Promise<Pick<EndpointChange, 'events' | 'filter'>> {
  if (events === undefined && filter === undefined) return {};
  const { workspaceId } = current;
  const wantedFilter = filter === undefined ? current.filter : filter;
  const meant = [...(events ?? []), ...current.events];
  const catalogue = await catalogueFor(parts, workspaceId, meant, wantedFilter, format);
  const types = events && eventTypes(events, format, catalogue, current.events);
  const keepsFilter = filter === undefined || isDeepStrictEqual(filter, current.filter);
  const keepsEvents = !types || isDeepStrictEqual(types.toSorted(), current.events.toSorted());
  const change = {
    ...(types && { events: types }),
    ...(!keepsFilter && { filter: await filterOf(parts, workspaceId, filter) }),
  };
  const wanted = keepsFilter ? current.filter : filter;
  if (wanted && !(keepsFilter && keepsEvents))
    checkCanMatch(wanted, types ?? current.events, format, catalogue, keepsFilter ? 'events' : 'filter');
  return change;
}

async function changeOf(
  parts: WebhookInputParts,
  body: UpdateBody,
  current: Endpoint,
): Promise<EndpointChange> {
  const format = findFormat(parts, current.format);
  if (body.format !== undefined && body.format !== current.format) {
    throw invalid('format', 'cannot be changed; create another webhook');
  }
  if (body.signature !== undefined && body.signature !== signatureOf(current, format))
    throw invalid('signature', 'is changed by rotate-secret');
  if (body.url !== undefined) await checkUrlOf(parts, current.workspaceId, body.url);
  const retry =
    body.retry &&
    schedule(body.retry, { max: current.retryMax, intervalsS: current.retryIntervalsS }, format);
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.url !== undefined && { url: body.url }),
    ...(await subscriptionOf(parts, body, current, format)),
    ...(body.active !== undefined && { active: body.active }),
    ...(body.method !== undefined && { method: body.method }),
    ...(body.headers !== undefined && { headers: customHeaders(body.headers, current.headers, format) }),
    ...(body.timeout_s !== undefined && { timeoutMs: body.timeout_s * 1000 }),
    ...(retry && { retryMax: retry.max, retryIntervalsS: [...retry.intervalsS] }),
    ...(body.content_type !== undefined && { contentType: body.content_type }),
    ...(body.disable_after !== undefined && { disableAfter: body.disable_after }),
    ...(body.disable_on_410 !== undefined && {
      disableOnGone: goneDisables(body.disable_on_410, format),
    }),
    ...(body.payload !== undefined && { payload: body.payload }),
    ...(body.names != null && { ownNames: hasOwnNames(body.names, format) }),
    ...(body.max_in_flight !== undefined && { maxInFlight: body.max_in_flight }),
    ...(body.rate_limit !== undefined && { rateLimit: rateOf(body.rate_limit) }),
    ...(body.ordering !== undefined && { ordering: body.ordering }),
  };
}
function rateOf(input: CreateBody['rate_limit']): Endpoint['rateLimit'] {
  return input && { max: input.max, perMs: input.per_s * 1000 };
}
