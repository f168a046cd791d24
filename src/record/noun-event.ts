import type { z } from 'zod';
import type { EventType } from '../events/event-type.ts';
import type { Field } from './fields/field.ts';
import { mergeEvent } from './merge/merge-event.ts';
import { tagEvents } from './tags/record-tags.ts';

export interface NounEventDefinition<R> extends Pick<
  NounEvent,
  'context' | 'contextOutput' | 'contextInRecord' | 'isBeyondChange'
> {
  description: string;
  /** Fields in which its sample differs from the sample of a change. */
  sample?: Partial<R>;
}

/** An event type of a noun; its schema is made from the noun's output (noun-events.ts). */
export interface NounEvent extends Pick<
  EventType,
  'name' | 'object' | 'description' | 'sample' | 'context' | 'contextInRecord'
> {
  /** The schema of its context, if it has one. */
  contextOutput?: z.ZodObject;
  /** Fired by a command, such as a conversion, and not by an update. */
  isBeyondChange?: boolean;
}

/** The event types of a noun by their verbs. */
export type NounEvents = { created: NounEvent; updated: NounEvent; deleted: NounEvent } & Record<
  string,
  NounEvent
>;

/** The part of a noun's definition that its events follow from. */
interface EventsDefinition {
  name: string;
  label: string;
  fields: Readonly<Record<string, Field>>;
  sample: { id: string; created_by?: string; custom_fields?: object };
  events?: Readonly<Record<string, NounEventDefinition<object>>>;
  descriptions?: Partial<Record<'created' | 'updated' | 'deleted', string>>;
  mergeRules?: object;
}

const CREATED_AT = '2026-06-01T12:00:00.000Z';
const UPDATED_AT = '2026-06-02T09:00:00.000Z';

/** The standard events of a noun, those of its tags and merges, and its own. */
export function eventsOfNoun({
  name,
  label,
  fields,
  sample,
  events = {},
  descriptions = {},
  mergeRules,
}: EventsDefinition): NounEvents {
  const created = {
    id: sample.id,
    version: 1,
    ...Object.fromEntries(Object.entries(fields).map(([field, { sample: value }]) => [field, value])),
    custom_fields: sample.custom_fields ?? {},
    created_by: sample.created_by ?? 'api_key:01976d3c-1000-7000-8000-000000000001',
    created_at: CREATED_AT,
    updated_at: CREATED_AT,
  };
  const changed = { ...created, version: 2, updated_at: UPDATED_AT };
  const subject = `${/^[aeiou]/i.test(label) ? 'An' : 'A'} ${label.toLowerCase()}`;
  const type = (verb: string, description: string, example: Record<string, unknown>): NounEvent => ({
    name: `${name}.${verb}`,
    object: name,
    description,
    sample: example,
  });
  return {
    created: type('created', descriptions.created ?? `${subject} was created.`, created),
    updated: type(
      'updated',
      descriptions.updated ?? `At least one field of ${subject.toLowerCase()} changed.`,
      changed,
    ),
    ...Object.fromEntries(
      Object.entries({
        ...events,
        ...(fields['tags'] && tagEvents(subject.toLowerCase())),
        ...(mergeRules && mergeEvent(subject.toLowerCase())),
      }).map(([verb, { description, sample: differs, ...more }]) => [
        verb,
        { ...type(verb, description, { ...changed, ...differs }), ...more },
      ]),
    ),
    restored: {
      ...type('restored', `${subject} was restored after its deletion.`, changed),
      isBeyondChange: true,
    },
    deleted: type(
      'deleted',
      descriptions.deleted ?? `${subject} was deleted. Holds its last state.`,
      changed,
    ),
  };
}
