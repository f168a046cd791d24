import type { FastifyInstance } from 'fastify';
import type { Scope } from '../account/scope.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import type { Transaction } from '../db/query.ts';
import type { EventObject, EventType } from '../events/event-type.ts';
import type { RecordChange } from '../http/record-change.ts';
import type { Route } from '../http/route.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { JobType } from '../jobs/job.ts';
import type { RecurringJob } from '../jobs/recurring-job.ts';
import type { ErasureRules } from './erasure.ts';
import type { MergedTable } from './merge/moved-columns.ts';
import type { Noun } from './noun.ts';
import type { CreateOptions } from './record-create-routes.ts';
import type { RecordOptions } from './record-options.ts';
import type { Records } from './records.ts';
import type { ServiceParts } from './record-service.ts';

/** Work that goes on as long as the process runs. */
export interface Follower {
  start(): void;
  stop(): Promise<void>;
}

/** A member who was removed from a workspace, or left it. */
export interface RemovedMember {
  workspaceId: Uuid;
  userId: Uuid;
  name: string;
}

/** What the app hands to every module. */
export interface ModuleParts extends ServiceParts {
  sealer: Sealer;
  log: Logger;
  recordChange: RecordChange;
  /** Queues background jobs of the module's `jobTypes`. */
  jobs: JobQueue;
  /** The public URL of this installation. */
  baseUrl(): string;
  /** The configured public URL, or ''. */
  publicUrl: string;
}

/** A module once it is made with its parts. */
export interface MadeModule {
  /** Its routes of the API besides those that its nouns have, in the order of the API's document. */
  routes: readonly Route[];
  jobTypes: readonly JobType[];
  /** Its recurring jobs that need the records; those that need none are in `Module.maintenance`. */
  recurring?: readonly RecurringJob[];
  /** How records are created, by noun, if not by the defaults. */
  createOptions?: Readonly<Record<string, CreateOptions<object>>>;
  /** What runs in processes with the service `worker`. */
  followers?: readonly Follower[];
  /** Runs in the transaction that removes a member, after the removal. */
  afterRemoval?(trx: Transaction, member: RemovedMember): Promise<void>;
  /** Adds its public pages, for people without an account. */
  mountPages?(app: FastifyInstance): void;
}

/** A module whose records are described, before those of all modules are made. */
export interface PreparedModule<Made extends MadeModule = MadeModule> {
  records: RecordOptions;
  make(records: Records): Made;
}

/**
 * A domain of the product, such as the CRM: its records, and what belongs to them. src/modules.ts lists them. Modules never
 * import each other; `Records` has the records of all.
 */
export interface Module<Parts extends ModuleParts = ModuleParts, Made extends MadeModule = MadeModule> {
  nouns: readonly Noun[];
  /** Its scopes besides those of its nouns, in list order. */
  scopes: readonly Scope[];
  /** Its events besides those of its nouns. */
  eventTypes: readonly EventType[];
  eventObjects: readonly EventObject[];
  /** Rows of tables without a noun that follow a merged record. */
  mergedTables?: readonly MergedTable[];
  /** Where personal data is stored besides the tables of nouns and their events, by noun. */
  erasureRules?: Readonly<Record<string, ErasureRules>>;
  maintenance(parts: { db: Database; log: Logger }): readonly RecurringJob[];
  prepare(parts: Parts): PreparedModule<Made>;
}
