import type { Catalogue } from './event.ts';
import type { Endpoint } from './endpoint.ts';
import { bodyAs } from './form-body.ts';
import type { Formats, Message, MessageInput } from './format.ts';

/** An event as it is stored; `data` and `context` as JSON text, `context` null for most. */
export type StoredEvent = Pick<
  MessageInput['event'],
  'id' | 'type' | 'objectType' | 'objectId' | 'occurredAt'
> & {
  data: string;
  context: string | null;
};

/** What of an endpoint a message depends on. */
export type Addressee = Pick<
  Endpoint,
  'workspaceId' | 'id' | 'clientNumber' | 'format' | 'payload' | 'contentType' | 'secrets'
>;

/**
 * The message that an endpoint's format makes of an event.
 * @param attemptedAt unix seconds
 */
export function render(
  { formats, catalogue }: { formats: Formats; catalogue: Catalogue },
  endpoint: Addressee,
  { data: json, context, ...event }: StoredEvent,
  attemptedAt: number,
): Message {
  const format = formats.get(endpoint.format);
  if (!format) throw new Error(`unknown format ${endpoint.format}`);
  const data = () => JSON.parse(json) as Record<string, unknown>;
  return format.message({
    event: {
      ...event,
      json,
      data,
      summary: () => catalogue.summary(event.objectType, data()),
      context: () => JSON.parse(context ?? '{}') as Record<string, unknown>,
    },
    workspaceId: endpoint.workspaceId,
    clientNumber: endpoint.clientNumber,
    endpointId: endpoint.id,
    payload: endpoint.payload,
    secrets: endpoint.secrets,
    attemptedAt,
    bodyOf: bodyAs(endpoint.contentType),
  });
}
