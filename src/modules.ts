import { recordScopes } from './account/scope.ts';
import type { Logger } from './base/log.ts';
import { crm, type CrmParts } from './crm/crm.ts';
import type { Database } from './db/pool.ts';
import { emails, type EmailsParts } from './messaging/emails/emails.ts';
import { telephony, type TelephonyParts } from './messaging/telephony/telephony.ts';
import { payments, type PaymentsParts } from './payments/payments.ts';
import type { Follower, MadeModule } from './record/module.ts';
import { eventsOf } from './record/noun-events.ts';
import {
  makeErasers,
  makeRecordModule,
  recordMaintenance,
  RECORD_EVENT_OBJECTS,
  RECORD_EVENT_TYPES,
  RECORD_SCOPES,
} from './record/record-module.ts';
import { makeRecords, type RecordsParts } from './record/records.ts';
import { scheduling, type SchedulingParts } from './scheduling/scheduling.ts';
import { training, type TrainingParts } from './training/training.ts';

/** Every module, one line each. Where order shows, as in the API's document, it is this one. */
const MODULES = { crm, scheduling, payments, training, emails, telephony };

/** What all modules need; `&` the parts of each module that needs its own. */
type ModulesParts = RecordsParts &
  CrmParts &
  SchedulingParts &
  PaymentsParts &
  TrainingParts &
  EmailsParts &
  TelephonyParts;

const all = Object.values(MODULES);

export const MODULE_NOUNS = all.flatMap(({ nouns }) => nouns);
/** Objects that number their records themselves, as leads do. */
export const SELF_NUMBERED = MODULE_NOUNS.filter((noun) => 'number' in noun.fields).map(({ name }) => name);
export const MODULE_SCOPES = [
  ...all.flatMap(({ nouns, scopes }) => [...nouns.flatMap((noun) => recordScopes(noun)), ...scopes]),
  ...RECORD_SCOPES,
];
export const MODULE_EVENT_TYPES = [
  ...all.flatMap(({ nouns, eventTypes }) => [...nouns.flatMap(eventsOf), ...eventTypes]),
  ...RECORD_EVENT_TYPES,
];
export const MODULE_EVENT_OBJECTS = [
  ...all.flatMap(({ nouns, eventObjects }) => [
    ...nouns.map(({ name, summary, idFields }) => ({ name, summary, idFields })),
    ...eventObjects,
  ]),
  ...RECORD_EVENT_OBJECTS,
];
export const MERGED_TABLES = all.flatMap(({ mergedTables = [] }) => mergedTables);
const ERASURE_RULES = all.map(({ erasureRules = {} }) => erasureRules);

/** Erases personal data of deleted records of all modules. */
export function eraserOfAll(parts: { db: Database; log: Logger }) {
  return makeErasers(MODULE_NOUNS, ERASURE_RULES, parts);
}

/** The recurring tasks of all modules. */
export function moduleTasks(parts: Parameters<typeof crm.maintenance>[0]) {
  return [
    ...recordMaintenance(MODULE_NOUNS, ERASURE_RULES, parts),
    ...all.flatMap((module) => module.maintenance(parts)),
  ];
}

/** The modules as made, by name; `records` is what the records of all of them have. */
export type Modules = { records: MadeModule } & {
  [Name in keyof typeof MODULES]: ReturnType<ReturnType<(typeof MODULES)[Name]['prepare']>['make']>;
};

export function makeModules(parts: ModulesParts): Modules {
  const prepared = Object.entries(MODULES).map(([name, module]) => [name, module.prepare(parts)] as const);
  const options = prepared.map(([, module]) => module.records);
  const records = makeRecords(parts, MODULE_NOUNS, options);
  const made = prepared.map(([name, module]) => [name, module.make(records)] as const);
  const createOptions = Object.assign({}, ...made.map(([, module]) => module.createOptions));
  return {
    records: makeRecordModule(parts, records, { options, createOptions, mergedTables: MERGED_TABLES }),
    ...Object.fromEntries(made),
  } as Modules;
}

/** What one made module hands over, of all of them. */
export function listModules(modules: Modules): readonly MadeModule[] {
  return Object.values(modules);
}

/** What runs in workers, of all modules. */
export function listFollowers(modules: Modules): readonly Follower[] {
  return listModules(modules).flatMap(({ followers = [] }) => followers);
}
