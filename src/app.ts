import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ApiKeys } from './account/api-key.ts';
import { NOTICE_READERS_ONLY } from './account/notice-mail.ts';
import { makeNotices, type Notices } from './account/notice.ts';
import { termsOf } from './account/plan.ts';
import { VALID_RESETS_ONLY, type SignIn, type SignInParts } from './account/sign-in.ts';
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
import { formatsDocumenting } from './delivery/format.ts';
import { makeGuard, type Listener } from './delivery/guard.ts';
import { withInboxes } from './delivery/inbox-sender.ts';
import { makeInboxes } from './delivery/inbox.ts';
import { makeResolver } from './delivery/resolver.ts';
import { makeSender } from './delivery/send.ts';
import { makeSchemas } from './events/custom-event-schema.ts';
import { makeCustomTypes } from './events/custom-event-type.ts';
import { makeSchemaWorkers } from './events/schema-workers.ts';
import { localUrl, makeHttpServer } from './http-server.ts';
import { makeRecordChange } from './http/record-change.ts';
import { makeSmtp } from './integrations/smtp/smtp.ts';
import { makeJobQueue } from './jobs/job-queue.ts';
import { makeJobWorker, type JobWorker } from './jobs/job-worker.ts';
import { makeMailMetrics } from './mail/mail-metrics.ts';
import { makeMailQueue, type MailQueue } from './mail/mail-queue.ts';
import { makeMailSender } from './mail/mail-sender.ts';
import { maintenanceTasks } from './maintenance.ts';
import { PENDING_INVITATIONS_ONLY } from './settings/invitations.ts';
import { makeMadeBy } from './settings/made-by.ts';
import { noticesToOwners } from './settings/notices.ts';
import { changePlan } from './settings/plan.ts';

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

const MAIL_CONDITIONS = [NOTICE_READERS_ONLY, PENDING_INVITATIONS_ONLY, VALID_RESETS_ONLY];

/** Assembles all parts, formats and routes. */
export function assemble(input: Pick<Foundation, 'config' | 'db' | 'sealer' | 'log'>): App {
  const { config, db, log } = input;
  const clock = systemClock;
  const newId = idMaker(clock.now);
  const listeners: Listener[] = [];
  const baseUrl = () => config.publicUrl || localUrl(config.host, listeners[0]?.port ?? config.port);
  const foundation = { ...input, clock, newId, listeners, baseUrl };
  const webhookUrl = (id: Uuid) => `${baseUrl()}/settings/webhooks/${prefixed('wh', id)}`;
  const mail = makeMailQueue({ db, sealer: input.sealer, newId, conditions: MAIL_CONDITIONS });
  const notices = makeNotices({ db, newId, mail, webhookUrl });
  const { guard, inboxes, sender, engine } = assembleDelivery(foundation, notices);
  const mailSender = assembleMailSender(foundation, mail, engine.metrics.registry);
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

/** Null where the installation has no mail server; others may send from the same queue, so it is measured all the same. */
function assembleMailSender({ config, db, log }: Foundation, queue: MailQueue, registry: Registry) {
  const metrics = makeMailMetrics(registry, db);
  if (config.mail === null) return null;
  const transport = makeSmtp(config.mail);
  return makeMailSender({ queue, transport, from: config.mail.from, log, metrics, random: Math.random });
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
