import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { makeCallers } from './account/caller.ts';
import { makeSessionRevalidation } from './account/session-revalidation.ts';
import type { Sealer } from './base/seal.ts';
import { CATALOGUE, FORMATS, SCOPES } from './catalogue.ts';
import type { Config } from './config.ts';
import { makeConnectionEvents } from './connections/connection-event.ts';
import { makeConnections } from './connections/connection-store.ts';
import { makeUnverifiedRequests } from './connections/unverified-requests.ts';
import { makeCrm } from './crm/crm.ts';
import { makeCrmActivities } from './crm/leads/inbound/crm-activity.ts';
import { missingMigrations } from './db/migrate.ts';
import type { Database } from './db/pool.ts';
import type { Listener } from './net/egress-guard.ts';
import { makeTail } from './events/feed-poller.ts';
import { makeConcurrencyLimit } from './http/concurrency-limit.ts';
import { mountHealth } from './http/health.ts';
import { describeApi } from './http/openapi.ts';
import { mountPages } from './http/pages.ts';
import { mountDocument, mountReference } from './http/api-reference-page.ts';
import { makeServer, mount, type ServerParts } from './http/server.ts';
import { remixcrmLeadInput } from './integrations/remixcrm/lead-api.ts';
import { makeReferences } from './record/reference.ts';
import { apiRoutes, mountIntegrations, type RouteParts } from './routes.ts';
import { makeEventReading } from './api/events/feed-reader.ts';
import { mountInboxes } from './api/webhooks/inbox-receiver.ts';
import { webhookReference } from './api/webhooks/webhook-reference.ts';
import { VERSION } from './version.ts';

/** Maximum numbers of requests that wait for events, in one process. */
const WAITING = { caller: 10, workspace: 200, all: 2_000 };

export interface HttpServerParts
  extends RouteParts, Omit<ServerParts, 'callers' | 'trustProxy' | 'publicUrl'> {
  config: Config;
  sealer: Sealer;
  metrics: Registry;
  /** Receives the server's own addresses, which webhooks must not reach. */
  listeners: Listener[];
}

/** The HTTP server with the routes of this process's services, not listening yet. */
export async function makeHttpServer(parts: HttpServerParts): Promise<FastifyInstance> {
  const { config, db, clock, log, inboxes } = parts;
  const { services, trustProxy, publicUrl, metricsToken } = config;
  const serverParts = { ...parts, callers: makeCallers(db, clock, SCOPES), trustProxy, publicUrl };
  const app = makeServer(serverParts);
  const activities = makeCrmActivities(parts);
  const crm = makeCrm({
    ...parts,
    publicUrl,
    references: makeReferences(db),
    leadsPerHour: config.leadsPerHour,
    crmActivities: activities,
    leadInputByKeyStyle: { remixcrm: remixcrmLeadInput },
  });
  const reading = readingFor(app, parts);
  const inbound = inboundFor(app, parts);
  await describeApi(app, { version: VERSION });
  // A separate scope: the document contains the routes that are registered after it.
  await app.register(async (scope) => {
    if (services.includes('api')) {
      mount(
        scope,
        apiRoutes(parts, { crm, reading, connecting: { ...inbound, connectionEvents: inbound.events } }),
        serverParts,
      );
      mountIntegrations(scope, {
        secrets: parts.secrets,
        activities,
        inboundLeads: crm.inboundLeads,
        log,
        inbound,
        baseUrl: parts.baseUrl,
      });
    }
  });
  if (services.includes('api')) {
    mountDocument(app, webhookReference(CATALOGUE, FORMATS));
    mountInboxes(app, inboxes);
    crm.mountForms(app);
  }
  if (services.includes('web')) {
    await mountReference(app);
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

/** The connections of other systems, and the log of their requests. */
function inboundFor(app: FastifyInstance, parts: HttpServerParts) {
  const events = makeConnectionEvents(parts);
  const unverified = makeUnverifiedRequests({ events, log: parts.log });
  app.addHook('onClose', () => unverified.stop());
  return { connections: makeConnections(parts), events, unverified, log: parts.log };
}

/** The URL of a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
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
