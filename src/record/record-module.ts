import type { Scope } from '../account/scope.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import type { EventObject, EventType } from '../events/event-type.ts';
import type { RecurringJob } from '../jobs/recurring-job.ts';
import { makeEraser, type Eraser, type ErasureRules } from './erasure.ts';
import { dropOldMerges, makeMerges } from './merge/merges.ts';
import type { MergedTable } from './merge/moved-columns.ts';
import type { MadeModule, ModuleParts } from './module.ts';
import type { Noun } from './noun.ts';
import { makeUsedAreas } from './object-areas.ts';
import { objectRoutes } from './object-routes.ts';
import type { CreateOptions } from './record-create-routes.ts';
import type { RecordOptions } from './record-options.ts';
import { recordRoutes } from './record-routes.ts';
import type { Records } from './records.ts';
import { searchRoutes } from './search/search-routes.ts';
import { TAG_OBJECT, TAG_RENAMED } from './tags/tag-event.ts';
import { makeTags, TAG_SCOPES } from './tags/tags.ts';
import { timelineRoutes } from './timeline-routes.ts';

const MINUTE_MS = 60_000;

/** Scopes of what all records have, besides those of timelines. */
export const RECORD_SCOPES: readonly Scope[] = TAG_SCOPES;

export const RECORD_EVENT_TYPES: readonly EventType[] = [TAG_RENAMED];
export const RECORD_EVENT_OBJECTS: readonly EventObject[] = [TAG_OBJECT];

/** What the modules say about their records. */
export interface RecordDescriptions {
  options: readonly RecordOptions[];
  /** By noun. */
  createOptions: Readonly<Record<string, CreateOptions<object>>>;
  mergedTables: readonly MergedTable[];
}

/** What the records of all modules have: their routes, merges, search, tags, timelines and the list of objects. */
export function makeRecordModule(
  parts: ModuleParts,
  records: Records,
  { options, createOptions, mergedTables }: RecordDescriptions,
): MadeModule {
  const { nouns, serviceOf, shownAs, search, extensions, tags: registry, expandedKinds } = records;
  const merges = makeMerges({
    ...parts,
    nouns,
    serviceOf,
    shownAs,
    further: mergedTables,
    afterMerge: Object.assign({}, ...options.map((item) => item.afterMerge)),
  });
  const tagged = nouns.filter(({ hasTags }) => hasTags);
  const tags = makeTags({ ...parts, registry, nouns: tagged, serviceOf });
  const reading = { ...parts, search, expandedKinds };
  return {
    routes: [
      ...nouns.flatMap((noun) =>
        recordRoutes(reading, serviceOf(noun), shownAs(noun), createOptions[noun.name]),
      ),
      ...merges.routes,
      ...searchRoutes(search, nouns),
      ...objectRoutes(
        nouns,
        extensions,
        Object.assign({}, ...options.map((item) => item.optionLists)),
        makeUsedAreas(parts.db, nouns),
      ),
      ...timelineRoutes(parts.db, nouns, {
        extensions,
        log: parts.log,
        storeOf: (noun) => serviceOf(noun).store,
      }),
      ...tags.routes,
    ],
    jobTypes: [...tags.jobTypes, ...merges.jobTypes],
    followers: [search.follower],
  };
}

interface ErasureParts {
  db: Database;
  log: Logger;
}

/** The recurring jobs of all records. @param rules those of each module */
export function recordMaintenance(
  nouns: readonly Noun[],
  rules: readonly Readonly<Record<string, ErasureRules>>[],
  parts: ErasureParts,
): RecurringJob[] {
  return [
    { name: 'maintenance.erasure', everyMs: MINUTE_MS, run: makeErasers(nouns, rules, parts).pass },
    { name: 'maintenance.merges', everyMs: 60 * MINUTE_MS, run: () => dropOldMerges(parts.db) },
  ];
}

/** Erases personal data of deleted records, one kind after the other. */
export function makeErasers(
  nouns: readonly Noun[],
  rules: readonly Readonly<Record<string, ErasureRules>>[],
  parts: ErasureParts,
): Eraser {
  const tagged = nouns.filter(({ hasTags }) => hasTags).map(({ name }) => name);
  const make = () =>
    nouns.map((noun) =>
      makeEraser(noun, combined(rules.flatMap((item) => item[noun.name] ?? [])), { ...parts, tagged }),
    );
  let erasers: Eraser[] | undefined;
  return {
    async pass(stopped) {
      let done = 0;
      // Made by the first pass: they read the schemas of all events, which the start does without.
      erasers ??= make();
      for (const eraser of erasers) done += await eraser.pass(stopped);
      return done;
    },
  };
}

/** The rules of several modules for one noun. */
function combined(rules: readonly ErasureRules[]): ErasureRules {
  return {
    relatedTables: rules.flatMap(({ relatedTables = [] }) => relatedTables),
    variants: rules.flatMap(({ variants = [] }) => variants),
    embeddedCopies: rules.flatMap(({ embeddedCopies = [] }) => embeddedCopies),
    async eraseCopies(trx, row) {
      for (const { eraseCopies } of rules) await eraseCopies?.(trx, row);
    },
  };
}
