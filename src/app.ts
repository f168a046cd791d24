import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ApiKeys } from './account/api-key.ts';
import { NOTICE_READERS_ONLY } from './account/notice-mail.ts';
import { makeNotices, type Notices } from './account/notice.ts';
import { termsOf } from './account/plan.ts';
import type { SignIn, SignInParts } from './account/sign-in.ts';
import { makeWorkspaceLogos } from './account/workspace-logo.ts';
import type { Workspaces } from './account/workspace.ts';
import { makeAccounts } from './accounts.ts';
import { systemClock, type Clock } from './base/clock.ts';
import { idMaker, prefixed, type Uuid } from './base/id.ts';
import type { Logger } from './base/log.ts';
import type { Sealer } from './base/seal.ts';
import { CATALOGUE, FORMATS } from './catalogue.ts';
import type { Config } from './config.ts';
import { makePipelines } from './crm/pipelines/pipeline-store.ts';
import type { Database } from './db/pool.ts';
import { makeEngine, type Engine } from './delivery/engine.ts';
import { formatsDocumenting } from './delivery/endpoint/webhook-format.ts';
import { withInboxes } from './delivery/inbox/inbox-sender.ts';
import { makeInboxes } from './delivery/inbox/inbox.ts';
import { makeSender } from './delivery/sender/send.ts';
import { makeSchemas } from './events/custom-event-schema.ts';
import { makeCustomTypes } from './events/custom-event-type.ts';
import { makeSchemaWorkers } from './events/schema-workers.ts';
import { makeFileStore, MEGABYTE } from './files/file-store.ts';
import { makeFileUrls } from './files/file-url.ts';
import { localUrl, makeHttpServer } from './http-assembly.ts';
import { makeRecordChange } from './http/record-change.ts';
import { makeSmtp } from './integrations/smtp/smtp.ts';
import { makeJobQueue } from './jobs/job-queue.ts';
import { makeJobWorker, type JobWorker } from './jobs/job-worker.ts';
import { makeMailQueue } from './mail/mail-queue.ts';
import { makeMailSender } from './mail/mail-sender.ts';
import { maintenanceTasks } from './maintenance.ts';
import { makeDial } from './net/dial.ts';
import { makeGuard, makeOperatorGuard, type Listener } from './net/egress-guard.ts';
import { makeResolver } from './net/resolver.ts';
import { systemResolver } from './net/system-resolver.ts';
import { PENDING_INVITATIONS_ONLY } from './api/account/invitation-routes.ts';
import { makeMadeBy } from './api/account/made-by.ts';
import { noticesToOwners } from './api/account/notice-routes.ts';
import { changePlan } from './api/account/plan-routes.ts';

/** The whole program on one database, assembled but not running. */
export interface App {
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
  /** The HTTP server with all routes, not listening yet. */
  server(): Promise<FastifyInstance>;
  /** Stops the engine and the jobs; the caller closes the database. */
  close(): Promise<void>;
}

/** What every part is made with. */
interface Foundation {
  config: Config;
  db: Database;
  sealer: Sealer;
  log: Logger;
  clock: Clock;
  newId: () => Uuid;
  /** The server's own addresses, which webhooks must not reach. */
  listeners: Listener[];
  /** The public URL of this installation. */
  baseUrl(): string;
}

/** Assembles all parts, formats and routes. */
export function assemble(input: Pick<Foundation, 'config' | 'db' | 'sealer' | 'log'>): App {
  const { config, db, log } = input;
  const clock = systemClock;
  const newId = idMaker(clock.now);
  const listeners: Listener[] = [];
  const baseUrl = () => config.publicUrl || localUrl(config.host, listeners[0]?.port ?? config.port);
  const foundation = { ...input, clock, newId, listeners, baseUrl };
  const webhookUrl = (id: Uuid) => `${baseUrl()}/settings/webhooks/${prefixed('wh', id)}`;
  const { mail, mailSender } = assembleMail(foundation);
  const notices = makeNotices({ db, newId, mail, webhookUrl });
  const { guard, inboxes, sender, engine } = assembleDelivery(foundation, notices);
  const storedFiles = assembleFiles(foundation);
  const jobWorker = makeJobWorker({
    db,
    newId,
    log,
    random: Math.random,
    queue: makeJobQueue({ db, newId }),
    types: [],
    recurring: maintenanceTasks({
      db,
      log,
      mail,
      files: storedFiles.files,
      sendsMail: mailSender !== null,
      webhookUrl,
      retentionDays: config.retentionDays,
    }),
    registry: engine.metrics.registry,
  });
  const accounts = makeAccounts({
    ...foundation,
    mail: config.mail && mail,
    crmWebhookSecret: config.crmWebhookSecret,
  });
  const { workspaces, keys, audit, signIn, secrets, usage, idempotency } = accounts;
  const schemaWorkers = makeSchemaWorkers();
  const customTypes = makeCustomTypes({ db, clock, newId, schemas: makeSchemas(schemaWorkers) }, CATALOGUE);

  return {
    workspaces,
    keys,
    engine,
    jobWorker,
    people: accounts,
    signIn,
    baseUrl,
    start() {
      const worker = config.services.includes('worker');
      engine.start({ worker });
      if (worker) jobWorker.start();
      mailSender?.start();
    },
    changePlan: (workspaceId, plan) => changePlan({ db, engine, audit }, workspaceId, plan),
    server: () =>
      makeHttpServer({
        ...foundation,
        ...storedFiles,
        ...accounts,
        customTypes,
        catalogueOf: customTypes.catalogueOf,
        unknownOf: customTypes.unknownOf,
        stamps: customTypes.stamps,
        engine,
        guard,
        inboxes,
        notices,
        catalogue: CATALOGUE,
        formats: FORMATS,
        egressIps: config.egressIps,
        retentionDays: config.retentionDays,
        recordChange: makeRecordChange({ audit, idempotency, clock }),
        madeBy: makeMadeBy({ keys, secrets, endpoints: engine.endpoints, clock }),
        notify: engine.waker.notify,
        metrics: engine.metrics.registry,
        wildcardFormats: (type) => formatsDocumenting(FORMATS, type),
        pipelinesOf: makePipelines({ db, clock, newId }).listFor,
      }),
    async close() {
      await Promise.all([engine.stop(), jobWorker.stop(), mailSender?.stop()]);
      await usage.stop();
      await sender.close();
      await schemaWorkers.close();
    },
  };
}

function assembleMail({ config, db, sealer, newId, log, clock, listeners }: Foundation) {
  const guard = makeOperatorGuard({ own: () => listeners });
  const mail = makeMailQueue({
    db,
    sealer,
    newId,
    conditions: [NOTICE_READERS_ONLY, PENDING_INVITATIONS_ONLY],
  });
  const mailSender =
    config.mail &&
    makeMailSender({
      queue: mail,
      transport: makeSmtp({
        smtpUrl: config.mail.smtpUrl,
        dial: makeDial({ guard, resolver: systemResolver, clock }),
      }),
      from: config.mail.from,
      log,
      random: Math.random,
    });
  return { mail, mailSender };
}

/** Files are in the database where several processes, perhaps on several machines, read them. */
function assembleFiles({ config, db, clock, newId, log, sealer }: Foundation) {
  const files = makeFileStore({
    db,
    clock,
    newId,
    log,
    dir: path.join(config.dataDir, 'files'),
    storage: config.databaseUrl === '' ? 'disk' : 'database',
    limits: { file: config.fileMaxMb * MEGABYTE, workspace: config.workspaceFilesMaxMb * MEGABYTE },
  });
  const fileUrls = makeFileUrls(sealer.derive('file url'), clock);
  return { files, fileUrls, logos: makeWorkspaceLogos({ db, files, urls: fileUrls }) };
}

function assembleDelivery(foundation: Foundation, notices: Notices) {
  const { config, clock, listeners } = foundation;
  const guard = makeGuard({ allow: config.egressAllow, own: () => listeners });
  const inboxes = makeInboxes({ ...foundation, formats: FORMATS, endpoints: () => engine.endpoints });
  const sender = withInboxes(makeSender({ guard, resolver: makeResolver({ clock }), clock }), inboxes, clock);
  const engine: Engine = makeEngine({
    ...foundation,
    catalogue: CATALOGUE,
    formats: FORMATS,
    sender,
    random: Math.random,
    planRules: {
      maxWebhooks: (plan) => termsOf(plan).maxima.webhooks,
      sendsWebhooks: (plan) => termsOf(plan).webhooks,
    },
    owners: noticesToOwners(notices, clock),
  });
  return { guard, inboxes, sender, engine };
}
