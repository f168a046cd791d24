import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { makeCallers } from './account/caller.ts';
import { makeSessionRevalidation } from './account/session-revalidation.ts';
import { CATALOGUE, FORMATS, KEY_STYLES, SCOPES } from './catalogue.ts';
import type { Config } from './config.ts';
import { makeConnectionEvents } from './connections/connection-event.ts';
import { makeUnverifiedRequests } from './connections/unverified-requests.ts';
import { missingMigrations } from './db/migrate.ts';
import type { Database } from './db/pool.ts';
import type { Listener } from './net/egress-guard.ts';
import type { OutgoingDials } from './net/dial.ts';
import type { HttpClient } from './net/http-client.ts';
import { makeSchemas } from './events/custom-event-schema.ts';
import { makeCustomTypes } from './events/custom-event-type.ts';
import { makeTail } from './events/feed-poller.ts';
import { makeSchemaWorkers } from './events/schema-workers.ts';
import { makeConcurrencyLimit } from './http/concurrency-limit.ts';
import { mountHealth } from './http/health.ts';
import { makeApi } from './http/invoke.ts';
import { jsonParser } from './http/json-body.ts';
import { describeApi } from './http/openapi.ts';
import { mountPages } from './http/pages.ts';
import { mountDocument, mountReference } from './http/api-reference-page.ts';
import { makeRouteCalls, type RouteCallParts } from './http/route-call.ts';
import { makeServer, mount, type ServerParts } from './http/server.ts';
import { DASHBOARD_PAGES } from './dashboard-pages.ts';
import { mountMcp } from './mcp/mcp-endpoint.ts';
import { makeOperations } from './mcp/operation-store.ts';
import { listModules, MODULE_NOUNS, type Modules } from './modules.ts';
import { mountOAuth, type OAuthParts } from './oauth/oauth-server.ts';
import { apiRoutes, connectionServices, mountIntegrations, type RouteParts } from './routes.ts';
import { makeMadeBy } from './api/account/made-by.ts';
import { makeEventReading } from './api/events/feed-reader.ts';
import { mountFileDownloads } from './api/files/file-download.ts';
import { mountInboxes } from './api/webhooks/inbox-receiver.ts';
import { webhookReference } from './api/webhooks/webhook-reference.ts';
import { VERSION } from './version.ts';

/** Maximum numbers of requests that wait for events, in one process. */
const WAITING = { caller: 10, workspace: 200, all: 2_000 };

interface HttpServerParts
  extends
    RouteParts,
    Omit<ServerParts, 'callers' | 'trustProxy' | 'publicUrl' | 'dashboardPages'>,
    Omit<RouteCallParts, 'publicUrl'>,
    Pick<OAuthParts, 'sealer' | 'newId'> {
  config: Config;
  modules: Modules;
  metrics: Registry;
  /** Requests to other systems. */
  http: HttpClient;
  dials: OutgoingDials;
  /** Receives the server's own addresses, which webhooks must not reach. */
  listeners: Listener[];
}

/** What the server makes itself of the other parts. */
type MadeHere =
  | 'catalogue'
  | 'catalogueOf'
  | 'connectionEvents'
  | 'customTypes'
  | 'egressIps'
  | 'formats'
  | 'madeBy'
  | 'metrics'
  | 'pipelinesOf'
  | 'retentionDays'
  | 'stamps'
  | 'unknownOf';

/** The HTTP server with the routes of this process's services, not listening yet. */
export function assembleHttpServer(parts: Omit<HttpServerParts, MadeHere>): FastifyInstance {
  const { egressIps, retentionDays } = parts.config;
  const schemaWorkers = makeSchemaWorkers();
  const customTypes = makeCustomTypes({ ...parts, schemas: makeSchemas(schemaWorkers) }, CATALOGUE);
  const app = makeHttpServer({
    ...parts,
    customTypes,
    catalogueOf: customTypes.catalogueOf,
    unknownOf: customTypes.unknownOf,
    stamps: customTypes.stamps,
    catalogue: CATALOGUE,
    connectionEvents: makeConnectionEvents(parts),
    egressIps,
    formats: FORMATS,
    madeBy: makeMadeBy({ ...parts, endpoints: parts.engine.endpoints }),
    metrics: parts.engine.metrics.registry,
    pipelinesOf: parts.modules.crm.pipelinesOf,
    retentionDays,
  });
  app.addHook('onClose', () => schemaWorkers.close());
  return app;
}

function makeHttpServer(parts: HttpServerParts): FastifyInstance {
  const { config, db, clock, inboxes, modules } = parts;
  const { services, trustProxy, publicUrl, metricsToken } = config;
  const serverParts = {
    ...parts,
    callers: makeCallers(db, clock, SCOPES, KEY_STYLES),
    trustProxy,
    publicUrl,
    // Lists of records have the paths of their nouns.
    dashboardPages: [...DASHBOARD_PAGES, ...MODULE_NOUNS.map(({ plural }) => plural)],
  };
  const app = makeServer(serverParts);
  const reading = readingFor(app, parts);
  if (services.includes('api')) {
    const servicesOf = connectionServices(parts);
    const routes = apiRoutes(parts, { modules, reading, servicesOf });
    const calls = makeRouteCalls(routes, serverParts);
    app.decorate('api', makeApi(calls, jsonParser(app)));
    mount(app, calls, serverParts);
    mountMcp(app, {
      ...serverParts,
      ...mountOAuth(app, { ...serverParts, scopes: SCOPES }),
      nouns: MODULE_NOUNS,
      operations: makeOperations(db, parts.audit, clock),
      version: VERSION,
    });
    const unverified = makeUnverifiedRequests({ events: parts.connectionEvents, log: parts.log });
    app.addHook('onClose', () => unverified.stop());
    mountIntegrations(app, { ...parts, unverified, servicesOf });
    mountDocument(app, async () => ({
      ...(await describeApi(routes, { version: VERSION })),
      webhooks: webhookReference(CATALOGUE, FORMATS),
    }));
    mountInboxes(app, inboxes);
    mountFileDownloads(app, parts.files, parts.fileUrls);
    for (const module of listModules(modules)) module.mountPages?.(app);
  }
  if (services.includes('web')) {
    mountReference(app);
    mountPages(app);
  }
  mountHealth(app, { notReady: () => notReady(db), metrics: parts.metrics, metricsToken });
  app.server.on('listening', () => parts.listeners.push(...addresses(app)));
  return app;
}

/** Reads the feed of events until the server stops. */
function readingFor(app: FastifyInstance, { db, clock, log, unknownOf }: HttpServerParts) {
  const tail = makeTail(db, log);
  // Before the server waits for running requests, which may wait for events.
  app.addHook('preClose', () => Promise.resolve(tail.stop()));
  const revalidation = makeSessionRevalidation(db, clock, SCOPES);
  return makeEventReading({ db, unknownOf, tail, revalidation, limit: makeConcurrencyLimit(WAITING) });
}

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
