import type { Catalogue } from '../../events/event-type.ts';
import { withIntegerIds } from '../../events/integer-ids.ts';
import type { Numbers } from '../../events/record-number.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { bodyAs } from '../endpoint/body-content-type.ts';
import type { Format, Formats, Message, MessageInput } from '../endpoint/webhook-format.ts';

type FormatEvent = MessageInput['event'];

/** A stored event; `data` and `context` as JSON text, `context` null for most. */
export type StoredEvent = Pick<
  MessageInput['event'],
  'id' | 'type' | 'objectType' | 'objectId' | 'occurredAt'
> & {
  data: string;
  context: string | null;
  /** For the names and integer ids of the format's system (event-numbers.ts); undefined for Fairlead's. */
  numbers?: Numbers;
};

/** What a message needs of an endpoint. */
export type Addressee = Pick<
  Endpoint,
  'workspaceId' | 'id' | 'clientNumber' | 'format' | 'events' | 'payload' | 'contentType' | 'secrets'
>;

const TAGS_CHANGED = /\.tag_(?:added|removed)$/;

/**
 * The message that an endpoint's format makes of an event.
 * @param attemptedAt unix seconds
 */
export function render(
  { formats, catalogue }: { formats: Formats; catalogue: Catalogue },
  endpoint: Addressee,
  event: StoredEvent,
  attemptedAt: number,
): Message {
  const format = formats.get(endpoint.format);
  if (!format) throw new Error(`unknown format ${endpoint.format}`);
  return format.message({
    event: new LazyEvent(named(format, endpoint, event), catalogue),
    workspaceId: endpoint.workspaceId,
    clientNumber: endpoint.clientNumber,
    endpointId: endpoint.id,
    payload: endpoint.payload,
    ownNames: event.numbers !== undefined,
    secrets: endpoint.secrets,
    attemptedAt,
    bodyOf: bodyAs(endpoint.contentType),
  });
}

/**
 * A webhook that has one event type gets all its events under that name: a change of tags is `lead.updated` to one that
 * is subscribed to this type (RC3).
 */
function named({ oneEvent }: Format, { events }: Addressee, event: StoredEvent): StoredEvent {
  const [own] = events;
  // A test has a type of its own.
  const isAlias =
    oneEvent &&
    own === `${event.objectType}.updated` &&
    TAGS_CHANGED.test(event.type) &&
    event.context !== null;
  return isAlias ? { ...event, type: own, context: null } : event;
}

/** The record of an event as JSON text, with context that is part of it in every format (RC3). */
export function recordText(
  { type, data, context }: Pick<StoredEvent, 'type' | 'data' | 'context'>,
  catalogue: Catalogue,
): string {
  const isInRecord = context !== null && catalogue.type(type)?.contextInRecord === true;
  return isInRecord ? `${data.slice(0, -1)},${context.slice(1)}` : data;
}

/** A stored event in the form that formats take; parsed only as far as they ask. */
class LazyEvent implements FormatEvent {
  readonly id: string;
  readonly type: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly occurredAt: string;
  readonly json: string;
  /** Context that is part of the record in every format (RC3). */
  readonly #added: Record<string, unknown> | null;
  readonly #context: string | null;
  readonly #catalogue: Catalogue;
  readonly #numbers: Numbers | undefined;

  constructor(event: StoredEvent, catalogue: Catalogue) {
    this.id = event.id;
    this.type = event.type;
    this.objectType = event.objectType;
    this.objectId = event.objectId;
    this.occurredAt = event.occurredAt;
    this.#context = event.context;
    const isInRecord = event.context !== null && catalogue.type(event.type)?.contextInRecord === true;
    this.#added = isInRecord ? this.context() : null;
    this.json = recordText(event, catalogue);
    this.#numbers = event.numbers;
    this.#catalogue = catalogue;
  }

  data(): Record<string, unknown> {
    return JSON.parse(this.json) as Record<string, unknown>;
  }

  summary(): Record<string, unknown> {
    return { ...this.#catalogue.summary(this.objectType, this.data()), ...this.#added };
  }

  withIntegerIds(record: Record<string, unknown>): Record<string, unknown> {
    const fields = this.#catalogue.idFields(this.objectType);
    return fields && this.#numbers ? withIntegerIds(record, this.objectType, fields, this.#numbers) : record;
  }

  context(): Record<string, unknown> {
    return JSON.parse(this.#context ?? '{}') as Record<string, unknown>;
  }
}
