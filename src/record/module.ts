import type { FastifyInstance } from 'fastify';
import type { Scope } from '../account/scope.ts';
import type { Logger } from '../base/log.ts';
import type { Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import type { EventObject, EventType } from '../events/event-type.ts';
import type { RecordChange } from '../http/record-change.ts';
import type { Route } from '../http/route.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { JobType } from '../jobs/job.ts';
import type { RecurringJob } from '../jobs/recurring-job.ts';
import type { Noun } from './noun.ts';
import type { ServiceParts } from './record-service.ts';

/** Work that goes on as long as the process runs. */
export interface Follower {
  start(): void;
  stop(): Promise<void>;
}

/** What the app hands to every module. */
export interface ModuleParts extends ServiceParts {
  sealer: Sealer;
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
  /** Its routes of the API, in the order of the API's document. */
  routes: readonly Route[];
  jobTypes: readonly JobType[];
  /** What follows the event feed, in processes with the service `worker`. */
  followers?: readonly Follower[];
  /** Adds its public pages, for people without an account. */
  mountPages?(app: FastifyInstance): void;
}

/** A domain of the product, such as the CRM: its records, and what belongs to them. Modules never import each other. */
export interface Module<Parts extends ModuleParts = ModuleParts, Made extends MadeModule = MadeModule> {
  nouns: readonly Noun[];
  /** The scopes of its routes, in list order. */
  scopes: readonly Scope[];
  eventTypes: readonly EventType[];
  eventObjects: readonly EventObject[];
  maintenance(parts: { db: Database; log: Logger }): readonly RecurringJob[];
  make(parts: Parts): Made;
}
