import type { FastifyInstance } from 'fastify';
import type { ApiKeys } from './account/api-key.ts';
import { makeNotices } from './account/notice.ts';
import type { SignIn, SignInParts } from './account/sign-in.ts';
import type { Workspaces } from './account/workspace.ts';
import { makeAccounts } from './accounts.ts';
import type { Uuid } from './base/id.ts';
import { makeConnectionEvents } from './connections/connection-event.ts';
import { makeConnections } from './connections/connection-store.ts';
import { CATALOGUE, FORMATS, LEAD_INPUTS, PROVIDERS } from './catalogue.ts';
import { formatsDocumenting } from './delivery/endpoint/webhook-format.ts';
import type { Engine } from './delivery/engine.ts';
import { makeSchemas } from './events/custom-event-schema.ts';
import { makeCustomTypes } from './events/custom-event-type.ts';
import { makeRecordNumbers } from './events/record-number.ts';
import { makeSchemaWorkers } from './events/schema-workers.ts';
import type { Config } from './config.ts';
import { makeFoundation, type FoundationInput } from './foundation.ts';
import { makeRecordChange } from './http/record-change.ts';
import { makeJobQueue } from './jobs/job-queue.ts';
import { assembleJobWorker } from './job-assembly.ts';
import type { JobWorker } from './jobs/job-worker.ts';
import { listFollowers, makeModules, MODULE_NOUNS, SELF_NUMBERED } from './modules.ts';
import type { Listener } from './net/egress-guard.ts';
import type { Follower } from './record/module.ts';
import { makeReferences } from './record/reference.ts';
import { makeMadeBy } from './api/account/made-by.ts';
import { changePlan } from './api/account/plan-routes.ts';
import { assembleDelivery } from './delivery-assembly.ts';
import { assembleFiles } from './file-assembly.ts';
import type { EmailReports } from './messaging/emails/email-report.ts';
import type { MailSender } from './mail/mail-sender.ts';
import { assembleMailListener, assembleMailQueue, assembleMailSender } from './mail-assembly.ts';

/** The whole program on one database, assembled but not running. */
export interface App {
  /** What providers say about mails of workspaces. */
  readonly emailReports: EmailReports;
  readonly workspaces: Workspaces;
  readonly keys: ApiKeys;
  readonly engine: Engine;
  readonly jobWorker: JobWorker;
  /** Starts the engine and, where this process has the service `worker`, deliveries and jobs. */
  start(): void;
  /** Accounts, for the command line. */
  readonly people: Pick<SignInParts, 'db' | 'users' | 'members' | 'audit'>;
  readonly signIn: SignIn;
  /** The public URL of this installation. */
  baseUrl(): string;
  /** Changes the plan of a workspace; throws `StartError` for an unknown plan or workspace. */
  changePlan(workspaceId: Uuid, plan: string): Promise<void>;
  /** Receives mail, if FAIRLEAD_SMTP_LISTEN is set. @returns where; null if it is not. Throws `StartError`. */
  receiveMail(): Promise<Listener | null>;
  /** Mails that are being received are finished. */
  stopReceiving(): Promise<void>;
  /** The HTTP server with all routes, not listening yet. */
  server(): Promise<FastifyInstance>;
  /** Stops the engine and the jobs; the caller closes the database. */
  close(): Promise<void>;
}

/** Assembles all parts, formats and routes. */
export function assemble(input: FoundationInput): App {
  const foundation = makeFoundation(input);
  const { config, db, clock, newId } = foundation;
  const mail = assembleMailQueue(foundation);
  const notices = makeNotices({ ...foundation, mail });
  const numbers = makeRecordNumbers(db, SELF_NUMBERED);
  const { guard, inboxes, sender, engine, http, dials } = assembleDelivery(foundation, notices, numbers);
  const mailSender = assembleMailSender(foundation, mail, engine.metrics.registry);
  const accounts = makeAccounts({
    ...foundation,
    mail: config.mail && mail,
    crmWebhookSecret: config.crmWebhookSecret,
  });
  const { workspaces, workspaceSettings, keys, audit, signIn, secrets, usage, idempotency } = accounts;
  const connections = makeConnections(foundation);
  const schemaWorkers = makeSchemaWorkers();
  const customTypes = makeCustomTypes({ db, clock, newId, schemas: makeSchemas(schemaWorkers) }, CATALOGUE);
  const storedFiles = assembleFiles(foundation);
  const queue = makeJobQueue({ db, newId });
  const shared = {
    ...foundation,
    ...storedFiles,
    idempotency,
    numbers,
    jobs: queue,
    recordChange: makeRecordChange({ audit, idempotency, clock }),
    notify: engine.waker.notify,
    wildcardFormats: (type: string) => formatsDocumenting(FORMATS, type),
    oneEventFormats: [...FORMATS.values()].filter(({ oneEvent }) => oneEvent).map(({ name }) => name),
    publicUrl: config.publicUrl,
  };
  const modules = makeModules({
    ...shared,
    notices,
    mail,
    mailFrom: config.mail?.from ?? null,
    workspaceSettings,
    references: makeReferences(db, MODULE_NOUNS),
    leadsPerHour: config.leadsPerHour,
    logoOf: async (workspaceId) => (await storedFiles.logos.list([workspaceId])).get(workspaceId),
    leadInputByKeyStyle: LEAD_INPUTS,
    http,
    dials,
    files: storedFiles.files,
    connections,
    mailDomain: config.mailDomain,
    smtpListener: config.smtpListen && {
      port: config.smtpListen.port,
      hasTls: config.smtpListen.certFile !== '',
    },
    ...PROVIDERS,
  });
  const mailListener = assembleMailListener(foundation, modules.emails.inbound);
  const jobWorker = assembleJobWorker(foundation, {
    queue,
    mail,
    files: storedFiles.files,
    sendsMail: mailSender !== null,
    modules,
    registry: engine.metrics.registry,
  });

  return {
    emailReports: modules.emails.reports,
    workspaces,
    keys,
    engine,
    jobWorker,
    people: accounts,
    signIn,
    baseUrl: foundation.baseUrl,
    start: () => startServices(config, { engine, jobWorker, mailSender, followers: listFollowers(modules) }),
    async receiveMail() {
      if (!mailListener) return null;
      const listener = await mailListener.start();
      foundation.listeners.push(listener);
      foundation.log.info(listener, 'receiving mail');
      return listener;
    },
    stopReceiving: async () => mailListener?.stop(),
    changePlan: (workspaceId, plan) => changePlan({ db, engine, audit }, workspaceId, plan),
    async server() {
      // Loaded here, since commands need no HTTP server.
      const { makeHttpServer } = await import('./http-assembly.ts');
      return makeHttpServer({
        ...shared,
        ...accounts,
        connections,
        connectionEvents: makeConnectionEvents(foundation),
        customTypes,
        catalogueOf: customTypes.catalogueOf,
        unknownOf: customTypes.unknownOf,
        stamps: customTypes.stamps,
        modules,
        engine,
        guard,
        http,
        dials,
        inboxes,
        notices,
        catalogue: CATALOGUE,
        formats: FORMATS,
        egressIps: config.egressIps,
        retentionDays: config.retentionDays,
        madeBy: makeMadeBy({ keys, secrets, connections, endpoints: engine.endpoints, clock }),
        metrics: engine.metrics.registry,
        pipelinesOf: modules.crm.pipelinesOf,
      });
    },
    async close() {
      await mailListener?.stop();
      await stopAll([engine, jobWorker, mailSender, ...listFollowers(modules)]);
      await usage.stop();
      await sender.close();
      await schemaWorkers.close();
    },
  };
}

async function stopAll(parts: readonly (Pick<Follower, 'stop'> | null)[]): Promise<void> {
  await Promise.all(parts.map(async (part) => part?.stop()));
}

function startServices(
  { services }: Config,
  {
    engine,
    jobWorker,
    mailSender,
    followers,
  }: Pick<App, 'engine' | 'jobWorker'> & { mailSender: MailSender | null; followers: readonly Follower[] },
): void {
  const worker = services.includes('worker');
  engine.start({ worker });
  if (worker) jobWorker.start();
  if (worker) for (const follower of followers) follower.start();
  mailSender?.start();
}
