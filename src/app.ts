import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { makeAdmission, type Admission, type AdmissionParts } from './account/admission.ts';
import { makeApiKeys, type ApiKeys } from './account/api-key.ts';
import { makeAudit } from './account/audit.ts';
import { makeCallers } from './account/caller.ts';
import { makeIdempotency } from './account/idempotency.ts';
import { makeLinks } from './account/link.ts';
import { makeMembers } from './account/member.ts';
import { termsOf } from './account/plan.ts';
import { allScopes } from './account/scope.ts';
import { makeSessions } from './account/session.ts';
import { makeSignInThrottle } from './account/sign-in-throttle.ts';
import { makeUsageMeter } from './account/usage.ts';
import { makeUsers } from './account/user.ts';
import { makeVigil } from './account/vigil.ts';
import { makeWorkspaces, type Workspaces } from './account/workspace.ts';
import { systemClock } from './base/clock.ts';
import { idMaker, type Uuid } from './base/id.ts';
import type { Logger } from './base/log.ts';
import type { Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import { makePipelines } from './crm/pipelines/pipeline-store.ts';
import { makeReferences } from './crm/reference.ts';
import { crmForms, crmRoutes, EVENT_OBJECTS, RECORD_EVENTS, RECORD_OBJECTS } from './crm/resources.ts';
import { missingMigrations } from './db/migrate.ts';
import type { Database } from './db/pool.ts';
import { makeEngine, type Engine } from './delivery/engine.ts';
import { makeCatalogue } from './delivery/event.ts';
import { formatsDocumenting, type Formats } from './delivery/format.ts';
import { makeGuard, type Listener } from './delivery/guard.ts';
import { makeResolver } from './delivery/resolver.ts';
import { makeSender } from './delivery/send.ts';
import { makeTail } from './delivery/tail.ts';
import { automatenexus } from './formats/automatenexus.ts';
import { axcelerate } from './formats/axcelerate.ts';
import { axocrm } from './formats/axocrm.ts';
import { standard } from './formats/standard.ts';
import { mountHealth } from './http/health.ts';
import { describeApi } from './http/openapi.ts';
import { mountPages } from './http/pages.ts';
import { mountDocument, mountReference } from './http/reference.ts';
import { makeServer, mount } from './http/server.ts';
import { makeSmtp } from './providers/smtp.ts';
import { apiKeyRoutes } from './settings/api-keys.ts';
import { auditRoutes } from './settings/audit-log.ts';
import { deliveryRoutes } from './settings/deliveries.ts';
import { egressAddressRoutes } from './settings/egress-addresses.ts';
import { eventTypeRoutes } from './settings/event-types.ts';
import { eventRoutes } from './settings/events.ts';
import { invitationRoutes } from './settings/invitations.ts';
import { makeLedger } from './http/ledger.ts';
import { meRoutes } from './settings/me.ts';
import { memberRoutes } from './settings/members.ts';
import { changePlan, planRoutes } from './settings/plan.ts';
import { sessionRoutes } from './settings/session.ts';
import { replayRoutes } from './settings/webhook-replay.ts';
import { webhookRoutes } from './settings/webhooks.ts';

/** Outbound formats; a new one is a file in formats/ and its name here. */
const FORMATS: Formats = new Map(
  [standard, axocrm, automatenexus, axcelerate].map((format) => [format.name, format]),
);

/** The scopes a key can have. */
export const SCOPES = allScopes(RECORD_OBJECTS);

export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** The whole program on one database, assembled; nothing of it runs yet. */
export interface App {
  readonly workspaces: Workspaces;
  readonly keys: ApiKeys;
  readonly engine: Engine;
  /** Accounts, for the command line. */
  readonly people: Pick<AdmissionParts, 'db' | 'users' | 'members' | 'audit'>;
  readonly admission: Admission;
  /** Where people reach this installation. */
  baseUrl(): string;
  /** Puts a workspace on another plan; throws `StartError` for an unknown plan or workspace. */
  changePlan(workspaceId: Uuid, plan: string): Promise<void>;
  /** The HTTP server with every route, not listening yet. */
  server(): Promise<FastifyInstance>;
  /** Stops the engine; the database stays the caller's. */
  close(): Promise<void>;
}

/** The one place where routes, formats and parts are put together. */
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
  const catalogue = makeCatalogue(RECORD_EVENTS, EVENT_OBJECTS);
  const own: Listener[] = [];
  const guard = makeGuard({ allow: config.egressAllow, own: () => own });
  const sender = makeSender({ guard, resolver: makeResolver({ clock }), clock });
  const engine = makeEngine({
    db,
    sealer,
    clock,
    newId,
    log,
    catalogue,
    formats: FORMATS,
    sender,
    dice: Math.random,
    retentionDays: config.retentionDays,
    planRules: {
      maxWebhooks: (plan) => termsOf(plan).maxima.webhooks,
      sendsWebhooks: (plan) => termsOf(plan).webhooks,
    },
  });
  const workspaces = makeWorkspaces(db, clock, newId);
  const keys = makeApiKeys(db, clock, newId);
  const baseUrl = () => config.publicUrl || localUrl(config.host, own[0]?.port ?? config.port);
  const mailer = config.mail && makeSmtp(config.mail);
  const audit = makeAudit(db, clock, newId);
  const users = makeUsers(db, clock, newId);
  const members = makeMembers(db, clock);
  const links = makeLinks(db, clock, newId);
  const sessions = makeSessions(db, clock, newId, SCOPES);
  const throttle = makeSignInThrottle(db, clock);
  const people = { db, users, members, sessions, links, throttle, audit, mailer, log, baseUrl };
  const admission = makeAdmission(people);
  const usage = makeUsageMeter(db, clock, log);
  const idempotency = makeIdempotency(db, sealer);
  const stores = {
    db,
    clock,
    newId,
    ring: engine.waker.ring,
    references: makeReferences(db),
    idempotency,
    starFormats: (type: string) => formatsDocumenting(FORMATS, type),
  };
  const ledger = makeLedger({ audit, idempotency, clock });
  const settings = {
    db,
    engine,
    formats: FORMATS,
    catalogue,
    guard,
    ledger,
    clock,
    newId,
    pipelinesOf: makePipelines({ db, clock, newId }).of,
  };

  return {
    workspaces,
    keys,
    engine,
    people,
    admission,
    baseUrl,
    changePlan: (workspaceId, plan) => changePlan({ db, engine, audit }, workspaceId, plan),

    async server() {
      const callers = makeCallers(db, clock, SCOPES);
      const { trustProxy, publicUrl } = config;
      const parts = { callers, sessions, usage, idempotency, clock, log, trustProxy, publicUrl };
      const app = makeServer(parts);
      const forms = crmForms({ ...stores, sealer, ledger, baseUrl, publicUrl });
      const tail = makeTail(db, log);
      // Before the server waits for requests under way: these would wait for events.
      app.addHook('preClose', () => Promise.resolve(tail.stop()));
      await describeApi(app, { version: VERSION });
      // In a scope of its own: the document sees the routes that are registered after it.
      await app.register(async (scope) => {
        if (config.services.includes('api')) {
          const routes = [
            ...meRoutes(),
            ...planRoutes(),
            ...sessionRoutes({ admission, sessions, users }),
            ...memberRoutes({ db, members, ledger }),
            ...invitationRoutes({ ...people, ledger, clock }),
            ...auditRoutes(audit),
            ...apiKeyRoutes({ keys, usage, ledger, clock, scopes: SCOPES }),
            ...crmRoutes({ ...stores, ledger, baseUrl, leadsPerHour: config.leadsPerHour }),
            ...forms.routes,
            ...webhookRoutes(settings),
            ...replayRoutes(settings),
            ...deliveryRoutes(settings),
            ...eventRoutes({ db, catalogue, tail, vigil: makeVigil(db, clock) }),
            ...eventTypeRoutes(catalogue, FORMATS),
            ...egressAddressRoutes(config.egressIps),
          ];
          mount(scope, routes, parts);
        }
      });
      if (config.services.includes('api')) {
        mountDocument(app);
        await app.register((scope) => forms.mountSite(scope));
      }
      if (config.services.includes('web')) {
        await mountReference(app);
        await mountPages(app);
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
      await engine.stop();
      await usage.stop();
      await sender.close();
    },
  };
}

function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** Where the server listens: webhooks must not reach ourselves. */
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
