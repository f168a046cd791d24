import type { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { BaseRecord } from './noun.ts';

/** A field that is computed when a record is read. It is in no event, and ignored when sent. */
export interface ComputedField {
  label: string;
  description: string;
  output: z.ZodType;
  /** Who has not this scope gets the record without it; only of fields on request. */
  scope?: string;
  /**
   * It is only in the response to a GET of one record, and in lists whose `fields` names it: lists without computed fields
   * are read faster, and a new record pays for nothing. `named`: also in the response to a GET of one record only if `fields`
   * names it.
   */
  isOnRequest?: true | 'named';
  /** The values for these records, in order; undefined leaves the field out, where its schema is optional. If it fails, the field is left out of the response. */
  valuesOf(workspaceId: Uuid, records: readonly BaseRecord[]): Promise<unknown[]>;
}

/** A list about a record that its page shows. */
export interface Panel {
  key: string;
  label: string;
  /** The route that lists them, with `{id}` for the record's id, as in `/leads/{id}/submissions`. */
  path: string;
}

/** One entry of a timeline, as the API returns it. */
export interface TimelineEntry {
  /** UUIDv7: entries of all kinds are ordered by it. */
  id: Uuid;
  /** The event type, or a type of the kind's own. */
  type: string;
  record_type: string;
  record_id: Uuid;
  actor: string;
  changed: Record<string, unknown> | null;
  /** The new values of the changed fields. */
  changed_to?: Record<string, unknown> | null;
  /** Of another record than the timeline's own: its name, null if it has none. */
  record_name?: string | null;
  /** An activity, such as a note, as it is now. */
  record?: object;
  /** Details of the kind's own. */
  details?: object;
  occurred_at: string;
}

/** A kind of timeline entries with a table of its own. */
export interface TimelineKind {
  /** The entries of these records, newest first, with ids smaller than `after`. If it fails, they are left out. */
  entriesOf(
    workspaceId: Uuid,
    recordIds: readonly Uuid[],
    page: { limit: number; after: Uuid | null },
  ): Promise<TimelineEntry[]>;
}

/** What a module adds to an object, its own or another module's. */
export interface Extension {
  /** As in `contact`. */
  object: string;
  computedFields?: Readonly<Record<string, ComputedField>>;
  panels?: readonly Panel[];
  timelineKinds?: readonly TimelineKind[];
}

/** All extensions of all modules. */
export interface Extensions {
  /** The objects that are extended. */
  readonly objects: readonly string[];
  computedFields(object: string): Readonly<Record<string, ComputedField>>;
  panels(object: string): readonly Panel[];
  timelineKinds(): readonly TimelineKind[];
}

/** Throws if two modules add a computed field or a panel with the same name to an object. */
export function makeExtensions(list: readonly Extension[]): Extensions {
  const computed = new Map<string, Record<string, ComputedField>>();
  const panels = new Map<string, Panel[]>();
  for (const extension of list) {
    const fields = computed.get(extension.object) ?? {};
    for (const [name, field] of Object.entries(extension.computedFields ?? {})) {
      if (fields[name]) throw new Error(`${extension.object} has the computed field ${name} twice`);
      fields[name] = field;
    }
    computed.set(extension.object, fields);
    const shown = panels.get(extension.object) ?? [];
    for (const panel of extension.panels ?? []) {
      if (shown.some(({ key }) => key === panel.key))
        throw new Error(`${extension.object} has the panel ${panel.key} twice`);
      shown.push(panel);
    }
    panels.set(extension.object, shown);
  }
  return {
    objects: list.map(({ object }) => object),
    computedFields: (object) => computed.get(object) ?? {},
    panels: (object) => panels.get(object) ?? [],
    timelineKinds: () => list.flatMap(({ timelineKinds = [] }) => timelineKinds),
  };
}
