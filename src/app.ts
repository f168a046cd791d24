import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { makeSignIn, type SignIn, type SignInParts } from './account/sign-in.ts';
import { makeApiKeys, type ApiKeys } from './account/api-key.ts';
import { makeAudit } from './account/audit.ts';
import { makeAuthorities } from './account/authority.ts';
import { makeCallers } from './account/caller.ts';
import { makeInboundSecrets } from './account/inbound-secret.ts';
import { makeHashingQueue } from './account/hashing-queue.ts';
import { makeIdempotency } from './account/idempotency.ts';
import { makeLinks } from './account/link.ts';
import { makeMembers } from './account/member.ts';
import { makeNotices } from './account/notice.ts';
import { NOTICE_READERS_ONLY } from './account/notice-mail.ts';
import { termsOf } from './account/plan.ts';
import { allScopes } from './account/scope.ts';
import { makeSessionRevalidation } from './account/session-revalidation.ts';
import { makeSessions } from './account/session.ts';
import { makeSignInThrottle } from './account/sign-in-throttle.ts';
import { makeUsageMeter } from './account/usage.ts';
import { makeUsers } from './account/user.ts';
import { makeWorkspaces, type Workspaces } from './account/workspace.ts';
import { systemClock } from './base/clock.ts';
import { idMaker, prefixed, type Uuid } from './base/id.ts';
import type { Logger } from './base/log.ts';
import type { Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import { firstEventTypes } from './crm/leads/default-event-types.ts';
import { makeCrmActivities } from './crm/leads/crm-activity.ts';
import { makePipelines } from './crm/pipelines/pipeline-store.ts';
import { makeReferences } from './record/reference.ts';
import { EVENT_OBJECTS, makeCrm, RECORD_EVENTS, RECORD_OBJECTS } from './crm/crm.ts';
import { missingMigrations } from './db/migrate.ts';
import type { Database } from './db/pool.ts';
import { WEBHOOK_DISABLED, WEBHOOK_OBJECT } from './delivery/webhook-disabled-event.ts';
import { makeEngine, type Engine } from './delivery/engine.ts';
import { makeSchemas } from './events/custom-event-schema.ts';
import { makeCustomTypes } from './events/custom-event-type.ts';
import { makeCatalogue } from './events/event-type.ts';
import { formatsDocumenting, type Formats } from './delivery/format.ts';
import { makeGuard, type Listener } from './delivery/guard.ts';
import { withInboxes } from './delivery/inbox-sender.ts';
import { makeInboxes } from './delivery/inbox.ts';
import { makeResolver } from './delivery/resolver.ts';
import { makeSchemaWorkers } from './events/schema-workers.ts';
import { makeSender } from './delivery/send.ts';
import { makeTail } from './events/feed-poller.ts';
import { makeJobQueue } from './jobs/job-queue.ts';
import { makeJobWorker, type JobWorker } from './jobs/job-worker.ts';
import { maintenanceTasks } from './maintenance.ts';
import { mountCrmWebhook } from './integrations/crm-webhook/crm-webhook.ts';
import { mountGoogleAds } from './integrations/google-ads/google-ads.ts';
import { mountTypeform } from './integrations/typeform/typeform.ts';
import { automatenexus } from './formats/automatenexus.ts';
import { axcelerate } from './formats/axcelerate.ts';
import { axocrm } from './formats/axocrm.ts';
import { standard } from './formats/standard.ts';
import { makeConcurrencyLimit } from './http/concurrency-limit.ts';
import { mountHealth } from './http/health.ts';
import { describeApi } from './http/openapi.ts';
import { mountPages } from './http/pages.ts';
import { mountDocument, mountReference } from './http/api-reference-page.ts';
import { makeServer, mount } from './http/server.ts';
import { remixcrmLeadInput, withLeadApi } from './integrations/remixcrm/lead-api.ts';
import { makeSmtp } from './integrations/smtp/smtp.ts';
import { makeMailQueue } from './mail/mail-queue.ts';
import { makeMailSender } from './mail/mail-sender.ts';
import { apiKeyRoutes } from './settings/api-keys.ts';
import { auditRoutes } from './settings/audit-log.ts';
import { customEventRoutes } from './settings/custom-events.ts';
import { customTypeRoutes } from './settings/custom-event-types.ts';
import { deliveryRoutes } from './settings/deliveries.ts';
import { egressAddressRoutes } from './settings/egress-addresses.ts';
import { eventTypeRoutes } from './settings/event-types.ts';
import { makeEventReading } from './settings/event-reading.ts';
import { eventStreamRoutes } from './settings/event-stream.ts';
import { eventRoutes } from './settings/events.ts';
import { inboxRoutes } from './settings/inboxes.ts';
import { mountInboxes } from './settings/inbox-receiver.ts';
import { inboundSecretRoutes } from './settings/inbound-secrets.ts';
import { invitationRoutes, PENDING_INVITATIONS_ONLY } from './settings/invitations.ts';
import { makeRecordChange } from './http/record-change.ts';
import { makeMadeBy } from './settings/made-by.ts';
import { meRoutes } from './settings/me.ts';
import { memberRoutes } from './settings/members.ts';
import { eventLogRoutes } from './settings/event-log-routes.ts';
import { changePlan, planRoutes } from './settings/plan.ts';
import { scopeRoutes } from './settings/scopes.ts';
import { sessionRoutes } from './settings/session.ts';
import { webhookFormatRoutes } from './settings/webhook-formats.ts';
import { noticeRoutes, noticesToOwners } from './settings/notices.ts';
import { retentionRoutes } from './settings/retention.ts';
import { webhookReference } from './settings/webhook-reference.ts';
import { replayRoutes } from './settings/webhook-replay.ts';
import { webhookRoutes } from './settings/webhooks.ts';

/** Webhook formats; a new one is a file in formats/ and an entry here. */
export const FORMATS: Formats = new Map(
  [standard, axocrm, automatenexus, axcelerate].map((format) => [format.name, format]),
);

/** The built-in event types. */
export const CATALOGUE = makeCatalogue(
  [...RECORD_EVENTS, WEBHOOK_DISABLED],
  [...EVENT_OBJECTS, WEBHOOK_OBJECT],
);

/** All scopes of a key. */
export const SCOPES = allScopes(RECORD_OBJECTS);

/** Maximum numbers of requests that wait for events, in one process. */
const WAITING = { caller: 10, workspace: 200, all: 2_000 };

export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

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

/** Assembles all parts, formats and routes. */
export function assemble({
  config,
  db,
  sealer,
  log,
}: {
  config: Config;
  db: Database;
  sealer: Sealer;
  log: Logger;
}): App {
  const clock = systemClock;
  const newId = idMaker(clock.now);
  const catalogue = CATALOGUE;
  const own: Listener[] = [];
  const guard = makeGuard({ allow: config.egressAllow, own: () => own });
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
      transport: makeSmtp(config.mail),
      from: config.mail.from,
      log,
      random: Math.random,
    });
  const webhookUrl = (id: Uuid) => `${baseUrl()}/settings/webhooks/${prefixed('wh', id)}`;
  const notices = makeNotices({ db, newId, mail, webhookUrl });
  const baseUrl = () => config.publicUrl || localUrl(config.host, own[0]?.port ?? config.port);
  const inboxes = makeInboxes({
    db,
    sealer,
    clock,
    newId,
    formats: FORMATS,
    endpoints: () => engine.endpoints,
    baseUrl,
  });
  const sender = withInboxes(makeSender({ guard, resolver: makeResolver({ clock }), clock }), inboxes, clock);
  const engine: Engine = makeEngine({
    db,
    sealer,
    clock,
    newId,
    log,
    catalogue,
    formats: FORMATS,
    sender,
    random: Math.random,
    planRules: {
      maxWebhooks: (plan) => termsOf(plan).maxima.webhooks,
      sendsWebhooks: (plan) => termsOf(plan).webhooks,
    },
    owners: noticesToOwners(notices, clock),
  });
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
  const workspaces = makeWorkspaces(db, clock, newId, firstEventTypes({ clock, newId }));
  const keys = makeApiKeys(db, clock, newId);
  const audit = makeAudit(db, clock, newId);
  const users = makeUsers(db, clock, newId);
  const authorities = makeAuthorities(clock, SCOPES);
  const members = makeMembers(db, clock, authorities);
  const links = makeLinks(db, clock, newId, authorities);
  const sessions = makeSessions(db, clock, newId, SCOPES);
  const throttle = makeSignInThrottle(db, clock);
  const hashing = makeHashingQueue();
  const people = {
    db,
    users,
    members,
    sessions,
    links,
    throttle,
    hashing,
    audit,
    mail: config.mail && mail,
    log,
    baseUrl,
  };
  const signIn = makeSignIn(people);
  const inboundSecrets = makeInboundSecrets({ db, clock, newId, sealer }, config.crmWebhookSecret);
  const crmActivities = makeCrmActivities({ db, clock, newId });
  const usage = makeUsageMeter(db, clock, log);
  const idempotency = makeIdempotency(db, sealer);
  const stores = {
    db,
    clock,
    newId,
    notify: engine.waker.notify,
    references: makeReferences(db),
    idempotency,
    wildcardFormats: (type: string) => formatsDocumenting(FORMATS, type),
  };
  const recordChange = makeRecordChange({ audit, idempotency, clock });
  const madeBy = makeMadeBy({ keys, secrets: inboundSecrets, endpoints: engine.endpoints, clock });
  const schemaWorkers = makeSchemaWorkers();
  const schemas = makeSchemas(schemaWorkers);
  const customTypes = makeCustomTypes({ db, clock, newId, schemas }, catalogue);
  const { catalogueOf, unknownOf, stamps } = customTypes;
  const settings = {
    db,
    engine,
    formats: FORMATS,
    catalogue,
    catalogueOf,
    unknownOf,
    stamps,
    guard,
    inboxes,
    recordChange,
    clock,
    newId,
    pipelinesOf: makePipelines({ db, clock, newId }).listFor,
  };

  return {
    workspaces,
    keys,
    engine,
    jobWorker,
    people,
    signIn,
    baseUrl,
    start() {
      const worker = config.services.includes('worker');
      engine.start({ worker });
      if (worker) jobWorker.start();
      mailSender?.start();
    },
    changePlan: (workspaceId, plan) => changePlan({ db, engine, audit }, workspaceId, plan),

    async server() {
      const callers = makeCallers(db, clock, SCOPES);
      const { trustProxy, publicUrl } = config;
      const parts = { callers, sessions, usage, idempotency, clock, log, trustProxy, publicUrl };
      const app = makeServer(parts);
      const { leadsPerHour } = config;
      const crm = makeCrm({
        ...stores,
        sealer,
        recordChange,
        baseUrl,
        publicUrl,
        leadsPerHour,
        crmActivities,
        leadInputByKeyStyle: { remixcrm: remixcrmLeadInput },
      });
      const tail = makeTail(db, log);
      const revalidation = makeSessionRevalidation(db, clock, SCOPES);
      const limit = makeConcurrencyLimit(WAITING);
      const reading = makeEventReading({ db, unknownOf, tail, revalidation, limit });
      // Before the server waits for running requests, which may wait for events.
      app.addHook('preClose', () => Promise.resolve(tail.stop()));
      await describeApi(app, { version: VERSION });
      // A separate scope: the document contains the routes that are registered after it.
      await app.register(async (scope) => {
        if (config.services.includes('api')) {
          const routes = [
            ...meRoutes(workspaces),
            ...planRoutes(),
            ...sessionRoutes({ signIn, sessions, users }),
            ...memberRoutes({ db, members, madeBy, recordChange }),
            ...invitationRoutes({ ...people, authorities, recordChange, clock }),
            ...auditRoutes(audit),
            ...apiKeyRoutes({ db, keys, authorities, usage, recordChange, clock, scopes: SCOPES }),
            ...inboundSecretRoutes({ db, secrets: inboundSecrets, authorities, recordChange }),
            ...scopeRoutes(RECORD_OBJECTS),
            ...withLeadApi(crm.routes, baseUrl),
            ...webhookRoutes(settings),
            ...replayRoutes(settings),
            ...inboxRoutes(inboxes, recordChange),
            ...deliveryRoutes(settings),
            ...eventRoutes(db, reading),
            ...eventLogRoutes({ db, unknownOf }),
            ...webhookFormatRoutes(FORMATS),
            ...eventStreamRoutes(reading),
            ...eventTypeRoutes(catalogue, FORMATS, customTypes),
            ...customTypeRoutes(customTypes, catalogue, recordChange),
            ...customEventRoutes(stores, customTypes),
            ...egressAddressRoutes(config.egressIps),
            ...retentionRoutes(db, recordChange, config.retentionDays),
            ...noticeRoutes({ db, notices, idempotency, clock }),
          ];
          mount(scope, routes, parts);
          mountCrmWebhook(scope, { secrets: inboundSecrets, activities: crmActivities, log });
          mountTypeform(scope, { secrets: inboundSecrets, inboundLeads: crm.inboundLeads });
          mountGoogleAds(scope, { secrets: inboundSecrets, inboundLeads: crm.inboundLeads });
        }
      });
      if (config.services.includes('api')) {
        mountDocument(app, webhookReference(CATALOGUE, FORMATS));
        mountInboxes(app, inboxes);
        crm.mountForms(app);
      }
      if (config.services.includes('web')) {
        await mountReference(app);
        mountPages(app);
      }
      mountHealth(app, {
        notReady: () => notReady(db),
        metrics: engine.metrics.registry,
        metricsToken: config.metricsToken,
      });
      app.server.on('listening', () => own.push(...addresses(app)));
      return app;
    },

    async close() {
      await Promise.all([engine.stop(), jobWorker.stop(), mailSender?.stop()]);
      await usage.stop();
      await sender.close();
      await schemaWorkers.close();
    },
  };
}

function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** The server's own addresses, which webhooks must not reach. */
function addresses(app: FastifyInstance): Listener[] {
  const address = app.server.address();
  return address !== null && typeof address === 'object'
    ? [{ address: address.address, port: address.port }]
    : [];
}

async function notReady(db: Database): Promise<string[]> {
  try {
    const missing = await missingMigrations(db.pool);
    return missing.map((name) => `migration ${name}`);
  } catch {
    return ['database'];
  }
}
