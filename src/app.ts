import type { FastifyInstance } from 'fastify';
import type { ApiKeys } from './account/api-key.ts';
import { makeNotices } from './account/notice.ts';
import type { SignIn, SignInParts } from './account/sign-in.ts';
import type { Workspaces } from './account/workspace.ts';
import { makeAccounts } from './accounts.ts';
import { changePlan } from './api/account/plan-routes.ts';
import { makeBackgroundWork, type BackgroundWork } from './background-work.ts';
import type { Uuid } from './base/id.ts';
import { FORMATS } from './catalogue.ts';
import { makeConnections } from './connections/connection-store.ts';
import { assembleDelivery } from './delivery-assembly.ts';
import { formatsDocumenting } from './delivery/endpoint/webhook-format.ts';
import type { Engine } from './delivery/engine.ts';
import { makeRecordNumbers } from './events/record-number.ts';
import { assembleFiles } from './file-assembly.ts';
import { makeFoundation, type FoundationInput } from './foundation.ts';
import { makeRecordChange } from './http/record-change.ts';
import { assembleJobWorker } from './job-assembly.ts';
import { makeJobQueue } from './jobs/job-queue.ts';
import type { JobWorker } from './jobs/job-worker.ts';
import { assembleMailListener, assembleMailQueue, assembleMailSender } from './mail-assembly.ts';
import type { EmailReports } from './messaging/emails/email-report.ts';
import { assembleModules } from './module-assembly.ts';
import { listFollowers, SELF_NUMBERED } from './modules.ts';

/** The whole program on one database, assembled but not running. */
export interface App extends Omit<BackgroundWork, 'stop'> {
  /** What providers say about mails of workspaces. */
  readonly emailReports: EmailReports;
  readonly workspaces: Workspaces;
  readonly keys: ApiKeys;
  readonly engine: Engine;
  readonly jobWorker: JobWorker;
  /** Accounts, for the command line. */
  readonly people: Pick<SignInParts, 'db' | 'users' | 'members' | 'audit'>;
  readonly signIn: SignIn;
  /** The public URL of this installation. */
  baseUrl(): string;
  /** Changes the plan of a workspace; throws `StartError` for an unknown plan or workspace. */
  changePlan(workspaceId: Uuid, plan: string): Promise<void>;
  /** The HTTP server with all routes, not listening yet. */
  server(): Promise<FastifyInstance>;
  /** Stops everything; the caller closes the database. */
  close(): Promise<void>;
}

/** Assembles all parts, formats and routes. */
export function assemble(input: FoundationInput): App {
  const foundation = makeFoundation(input);
  const { config, db, clock } = foundation;
  const mail = assembleMailQueue(foundation);
  const notices = makeNotices({ ...foundation, mail });
  const numbers = makeRecordNumbers(db, SELF_NUMBERED);
  const delivery = assembleDelivery(foundation, notices, numbers);
  const { engine } = delivery;
  const { registry } = engine.metrics;
  const mailSender = assembleMailSender(foundation, mail, registry);
  const accounts = makeAccounts({
    ...foundation,
    mail: config.mail && mail,
    crmWebhookSecret: config.crmWebhookSecret,
  });
  const { workspaces, keys, audit, signIn, usage } = accounts;
  const shared = {
    ...foundation,
    ...assembleFiles(foundation),
    ...delivery,
    connections: makeConnections(foundation),
    notices,
    numbers,
    recordChange: makeRecordChange({ ...accounts, clock }),
    notify: engine.waker.notify,
    wildcardFormats: (type: string) => formatsDocumenting(FORMATS, type),
  };
  const jobs = makeJobQueue(foundation);
  const modules = assembleModules({ ...shared, accounts, jobs, mail });
  const jobWorker = assembleJobWorker(foundation, {
    queue: jobs,
    mail,
    files: shared.files,
    sendsMail: mailSender !== null,
    modules,
    registry,
  });
  const background = makeBackgroundWork({
    ...foundation,
    services: config.services,
    engine,
    jobWorker,
    followers: listFollowers(modules),
    mailSender,
    mailListener: assembleMailListener(foundation, modules.emails.inbound),
  });

  return {
    ...background,
    emailReports: modules.emails.reports,
    workspaces,
    keys,
    engine,
    jobWorker,
    people: accounts,
    signIn,
    baseUrl: foundation.baseUrl,
    changePlan: (workspaceId, plan) => changePlan({ db, engine, audit }, workspaceId, plan),
    async server() {
      // Loaded here, since commands need no HTTP server.
      const { assembleHttpServer } = await import('./http-assembly.ts');
      return assembleHttpServer({ ...shared, ...accounts, modules });
    },
    async close() {
      await background.stop();
      await usage.stop();
      await delivery.sender.close();
    },
  };
}
