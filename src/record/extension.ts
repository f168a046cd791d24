import type { z } from 'zod';
import type { Uuid } from '../base/id.ts';
import type { BaseRecord } from './noun.ts';

/** A field that is worked out when a record is read; it is in no event, and what a client sends for it is ignored. */
export interface ComputedField {
  label: string;
  description: string;
  output: z.ZodType;
  /** The values for these records, in their order. */
  valuesOf(workspaceId: Uuid, records: readonly BaseRecord[]): Promise<unknown[]>;
}

/** A list of things about a record that its page shows. */
export interface Panel {
  key: string;
  label: string;
  /** The route that lists them, with `{id}` for the record's id, as in `/leads/{id}/submissions`. */
  path: string;
}

/** One entry of a timeline, as the API answers it. */
export interface TimelineEntry {
  /** UUIDv7: entries of all kinds are ordered by it. */
  id: Uuid;
  /** What happened: an event type, or one of the kind's own. */
  type: string;
  record_type: string;
  record_id: Uuid;
  actor: string;
  changed: Record<string, unknown> | null;
  /** What a kind says beside it. */
  details?: object;
  occurred_at: string;
}

/** A kind of timeline entries that are kept in a table of their own. */
export interface TimelineKind {
  /** Of records, newest first, with ids smaller than `after`. */
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

/** What is added to objects, all modules together. */
export interface Extensions {
  computedFields(object: string): Readonly<Record<string, ComputedField>>;
  panels(object: string): readonly Panel[];
  timelineKinds(): readonly TimelineKind[];
}

/** Throws where two modules add a computed field or a panel of the same name to an object. */
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
    computedFields: (object) => computed.get(object) ?? {},
    panels: (object) => panels.get(object) ?? [],
    timelineKinds: () => list.flatMap(({ timelineKinds = [] }) => timelineKinds),
  };
}
