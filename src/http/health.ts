import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { sameBytes, sha256 } from '../base/hmac.ts';

export interface HealthParts {
  /** The dependencies that are not ready; empty when requests can be served. */
  notReady(): Promise<string[]>;
  metrics: Registry;
  /** If not empty, /metrics requires it as a bearer token. */
  metricsToken: string;
}

/** Mounts the monitoring paths: /healthz (liveness), /readyz (readiness), /metrics (Prometheus). */
export function mountHealth(app: FastifyInstance, parts: HealthParts): void {
  app.get('/healthz', async (_request, reply) => reply.send({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const missing = await parts.notReady();
    reply.header('cache-control', 'no-store');
    return missing.length === 0
      ? reply.send({ status: 'ready' })
      : reply.code(503).header('retry-after', '1').send({ status: 'not_ready', missing });
  });

  app.get('/metrics', async (request, reply) => {
    if (parts.metricsToken !== '' && !isBearer(request.headers.authorization, parts.metricsToken)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send('unauthorized\n');
    }
    return reply.header('content-type', parts.metrics.contentType).send(await parts.metrics.metrics());
  });
}

function isBearer(header: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  return sent !== undefined && sameBytes(sha256(sent), sha256(token));
}
