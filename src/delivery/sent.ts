import { sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Catalogue } from './event.ts';
import type { Endpoint } from './endpoint.ts';
import type { ContentType } from './form-body.ts';
import type { Formats } from './format.ts';
import { render, type StoredEvent } from './render.ts';

/** Stands for a custom header's value wherever one is shown: values are secrets. */
export const MASK = '********';

/**
 * What the log keeps of a request. The body is not in it: it is made again from the event, which is kept as well, and
 * the digest tells whether that is what was sent.
 */
export interface Sent {
  url: string;
  method: Endpoint['method'];
  /** As they were sent, in that order, but for the values of custom ones. */
  headers: Record<string, string>;
  payload: Endpoint['payload'];
  digest: string;
}

/** A request as somebody who looks into the log sees it. */
export interface SentView {
  url: string;
  method: string;
  headers: Record<string, string>;
  /** Null where the event is no longer kept, or the body could not be made again as it was. */
  body: string | null;
}

/** @param own the headers that are not the webhook's custom ones */
export function sentOf(endpoint: Endpoint, own: Record<string, string>, body: string): Sent {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(endpoint.headers)) headers[name] = MASK;
  return {
    url: endpoint.url,
    method: endpoint.method,
    headers: Object.assign(headers, own),
    payload: endpoint.payload,
    digest: digestOf(body),
  };
}

/** Of the event whose deliveries are shown, what a format needs; undefined where it is no longer kept. */
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
export function shownSent(
  parts: { formats: Formats; catalogue: Catalogue },
  endpoint: Endpoint,
  event: StoredEvent | undefined,
  { digest, payload, ...sent }: Sent,
): SentView {
  const contentType = sent.headers['content-type'] as ContentType;
  // No body tells the time of its attempt or needs a secret: headers do.
  const addressee = { ...endpoint, payload, contentType, secrets: [] };
  const body = event && render(parts, addressee, event, 0).body;
  return { ...sent, body: body !== undefined && digestOf(body) === digest ? body : null };
}

function digestOf(body: string): string {
  return sha256(body).toString('base64');
}
