import { sha256Text } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Catalogue } from '../../events/event-type.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { ContentType } from '../endpoint/body-content-type.ts';
import type { Formats } from '../endpoint/webhook-format.ts';
import { render, type StoredEvent } from '../sender/render.ts';

/** Shown instead of a custom header's value: values are secrets. */
export const MASK = '********';

/**
 * The request as the log has it. The body is not stored: it is rendered again from the event, which is kept as well, and
 * the digest shows whether that is what was sent.
 */
export interface AttemptRequest {
  url: string;
  method: Endpoint['method'];
  /** As sent, in that order, except for the values of custom headers. */
  headers: Record<string, string>;
  payload: Endpoint['payload'];
  digest: string;
}

/** What all requests to a webhook share until it is changed. The log stores it once. */
export interface RequestTemplate {
  /** Unique within a webhook. */
  readonly id: string;
  /** A `TemplateParts` as JSON text. */
  readonly text: string;
  /** Whether the log has it, as far as this process knows. */
  isStored: boolean;
}

interface TemplateParts extends Pick<AttemptRequest, 'url' | 'method' | 'payload'> {
  /** As sent, in that order; null for a value that differs from request to request. */
  headers: [name: string, value: string | null][];
}

/** A request as a reader of the log sees it. */
export interface AttemptRequestView {
  url: string;
  method: string;
  headers: Record<string, string>;
  /** Null if the event is no longer kept, or the body could not be rendered again as it was. */
  body: string | null;
}

/**
 * The request of an attempt as the log stores it, and the template that it refers to.
 * @param own headers that differ from request to request
 * @param fixed headers that are neither custom nor of those
 * @returns `text`: as JSON, the template's id, the body's digest and the values of `own`
 */
export function attemptRequest(
  endpoint: Endpoint,
  own: Record<string, string>,
  fixed: Record<string, string>,
  body: string,
): { text: string; template: RequestTemplate } {
  let names = '';
  for (const name in own) names += `${name}\n`;
  let known = templates.get(endpoint);
  if (known?.names !== names) {
    known = { names, template: templateOf(endpoint, Object.keys(own), fixed) };
    templates.set(endpoint, known);
  }
  const { template } = known;
  return { text: JSON.stringify([template.id, sha256Text(body), ...Object.values(own)]), template };
}

/** An endpoint is reloaded when it changes, so its template stays right while its headers have these names. */
const templates = new WeakMap<Endpoint, { names: string; template: RequestTemplate }>();

/** Characters of the hash: 96 bits. */
const ID_LENGTH = 16;

function templateOf(
  { url, method, headers, payload }: Endpoint,
  own: string[],
  fixed: Record<string, string>,
): RequestTemplate {
  const custom = Object.keys(headers).map((name) => [name, MASK]);
  const text = JSON.stringify({
    url,
    method,
    headers: [...custom, ...own.map((name) => [name, null]), ...Object.entries(fixed)],
    payload,
  });
  return { id: sha256Text(text).slice(0, ID_LENGTH), text, isStored: false };
}

/** The request of an attempt as it is stored: by a template, or whole, as 0.1.0 stored it. */
export type StoredRequest = AttemptRequest | [template: string, digest: string, ...values: string[]];

/**
 * Puts a stored request together again.
 * @param template what it refers to; null if it was stored whole
 */
export function requestOf(
  stored: StoredRequest | null,
  template: TemplateParts | null,
): AttemptRequest | null {
  if (!Array.isArray(stored)) return stored;
  if (template === null) return null;
  const [, digest, ...values] = stored;
  const { url, method, payload } = template;
  const headers = template.headers.map(([name, value]) => [name, value ?? values.shift()!] as const);
  return { url, method, headers: Object.fromEntries(headers), payload, digest };
}

/** What a format needs of an event whose deliveries are shown; undefined if the event is no longer kept. */
export async function storedEvent(
  db: Database,
  workspaceId: Uuid,
  id: Uuid,
): Promise<StoredEvent | undefined> {
  const [event] = await db.read<StoredEvent>(STORED, [workspaceId, id]);
  return event;
}

const STORED = {
  name: 'event.stored',
  text: `select id, type, object_type as "objectType", object_id as "objectId", occurred_at as "occurredAt",
                data::text as data, context::text as context
         from event where workspace_id = $1 and id = $2`,
};

/** The request with the body that was sent. */
export function viewAttemptRequest(
  parts: { formats: Formats; catalogue: Catalogue },
  endpoint: Endpoint,
  event: StoredEvent | undefined,
  { digest, payload, ...sent }: AttemptRequest,
): AttemptRequestView {
  const contentType = sent.headers['content-type'] as ContentType;
  // No body contains the attempt's time or depends on a secret: only headers do.
  const addressee = { ...endpoint, payload, contentType, secrets: [] };
  const isSent = (body: string) => sha256Text(body) === digest;
  const { numbers: _numbers, ...unnumbered } = event ?? {};
  // The option may have been changed since.
  const candidates = event === undefined ? [] : [event, unnumbered as StoredEvent];
  const bodies = candidates.map((candidate) => render(parts, addressee, candidate, 0).body);
  return { ...sent, body: bodies.find(isSent) ?? null };
}
