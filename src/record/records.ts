import type { Logger } from '../base/log.ts';
import type { RecordNumbers } from '../events/record-number.ts';
import { makeExtensions, type Extensions } from './extension.ts';
import type { BaseRecord, Noun } from './noun.ts';
import type { NounOptions, RecordOptions } from './record-options.ts';
import { numberFields, withoutNumber } from './numbers/number-field.ts';
import { makePersonDirectory, type PersonDirectory } from './person-directory.ts';
import { makeRecordAnswers, type RecordAnswer } from './record-answer.ts';
import { expandedMembers, expandedRecords, type ExpandedKinds } from './record-expansion.ts';
import { makeRecordService, type RecordService, type ServiceParts } from './record-service.ts';
import { makeRecordStore } from './record-store.ts';
import { makeRecordSearch, type RecordSearch } from './search/record-search.ts';
import { makeTagRegistry, type TagRegistry } from './tags/tag-registry.ts';

/** The records of all modules: one service of each noun, so that all writes of a workspace share batches. */
export interface Records {
  readonly nouns: readonly Noun[];
  serviceOf<R extends BaseRecord, Input extends object>(noun: Noun<R, Input>): RecordService<R, Input>;
  /** The service of another module's noun, as in `contact`. Throws if there is no such noun. */
  named(object: string): RecordService<BaseRecord, object>;
  /** How the API returns records of a noun. */
  shownAs<R extends BaseRecord, Input extends object>(noun: Noun<R, Input>): RecordAnswer<R>;
  readonly search: RecordSearch;
  readonly people: PersonDirectory;
  readonly extensions: Extensions;
  readonly tags: TagRegistry;
  readonly expandedKinds: ExpandedKinds;
}

export interface RecordsParts extends ServiceParts {
  log: Logger;
  numbers: RecordNumbers;
}

/** @param options those of each module */
export function makeRecords(
  parts: RecordsParts,
  nouns: readonly Noun[],
  options: readonly RecordOptions[],
): Records {
  const { db, log, numbers } = parts;
  const tags = makeTagRegistry(parts);
  const services = makeServices(
    parts,
    nouns,
    tags,
    Object.assign({}, ...options.map((item) => item.services)),
  );
  const extensions = makeExtensions([
    ...options.flatMap((item) => item.extensions ?? []),
    ...numberFields(withoutNumber(nouns), numbers),
  ]);
  const answers = makeRecordAnswers(nouns, extensions, log);
  const named = (object: string) => {
    const service = services.get(object);
    if (!service) throw new Error(`there is no object ${object}`);
    return service;
  };
  const serviceOf = <R extends BaseRecord, Input extends object>({ name }: Noun<R, Input>) =>
    named(name) as unknown as RecordService<R, Input>;
  const expandedKinds: ExpandedKinds = Object.assign(
    {
      ...Object.fromEntries(
        nouns.map((noun) => [noun.name, expandedRecords(db, noun, serviceOf(noun).store, answers(noun))]),
      ),
      member: expandedMembers(db),
    },
    ...options.map((item) => item.expandedKinds),
  );
  return {
    nouns,
    serviceOf,
    named,
    shownAs: answers,
    search: makeRecordSearch({ db, log, nouns, storeOf: (noun) => serviceOf(noun).store }),
    people: makePersonDirectory(db, named),
    extensions,
    tags,
    expandedKinds,
  };
}

function makeServices(
  parts: ServiceParts,
  nouns: readonly Noun[],
  tags: TagRegistry,
  options: Readonly<Record<string, NounOptions>>,
): ReadonlyMap<string, RecordService<BaseRecord, object>> {
  return new Map(
    nouns.map((noun) => {
      const { gate, ...own } = options[noun.name] ?? {};
      const serviceOptions = { ...own, ...(noun.hasTags && { tags }) };
      return [
        noun.name,
        makeRecordService(noun, makeRecordStore(noun, parts, gate), parts, serviceOptions),
      ] as const;
    }),
  );
}
