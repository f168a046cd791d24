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
 * The request as the log stores it. The body is not stored: it is rendered again from the event, which is kept as
 * well, and the digest shows whether that is what was sent.
 */
export interface AttemptRequest {
  url: string;
  method: Endpoint['method'];
  /** As sent, in that order, except for the values of custom headers. */
  headers: Record<string, string>;
  payload: Endpoint['payload'];
  digest: string;
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
 * An `AttemptRequest` as JSON text. It is written for every attempt, and most of it is the same for all attempts of a
 * webhook.
 * @param own headers that are not custom; their names and values need no escaping except JSON's
 */
export function attemptRequestText(endpoint: Endpoint, own: Record<string, string>, body: string): string {
  let frame = frames.get(endpoint);
  if (!frame) frames.set(endpoint, (frame = frameOf(endpoint)));
  return `${frame.before}${JSON.stringify(own).slice(1)}${frame.after}${sha256Text(body)}"}`;
}

interface Frame {
  /** Up to the first header that is not custom. */
  before: string;
  /** From the last of them to the digest. */
  after: string;
}

/** An endpoint is reloaded when it changes, so its frame stays right. */
const frames = new WeakMap<Endpoint, Frame>();

function frameOf({ url, method, headers, payload }: Endpoint): Frame {
  const masked = Object.keys(headers).map((name) => `${JSON.stringify(name)}:"${MASK}",`);
  return {
    before: `{"url":${JSON.stringify(url)},"method":"${method}","headers":{${masked.join('')}`,
    after: `,"payload":"${payload}","digest":"`,
  };
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
  const body = event && render(parts, addressee, event, 0).body;
  return { ...sent, body: body !== undefined && sha256Text(body) === digest ? body : null };
}
