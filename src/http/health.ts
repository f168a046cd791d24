import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { sameBytes, sha256 } from '../base/hmac.ts';

export interface HealthParts {
  /** What is missing before requests can be served; empty when ready. */
  notReady(): Promise<string[]>;
  metrics: Registry;
  /** Where not empty, /metrics asks for it as a bearer token. */
  metricsToken: string;
}

/** For whoever watches the process: /healthz (it lives), /readyz (it can serve), /metrics (Prometheus). */
export function mountHealth(app: FastifyInstance, parts: HealthParts): void {
  const hidden = { schema: { hide: true } };

  app.get('/healthz', hidden, async (_request, reply) => reply.send({ status: 'ok' }));

  app.get('/readyz', hidden, async (_request, reply) => {
    const missing = await parts.notReady();
    reply.header('cache-control', 'no-store');
    return missing.length === 0
      ? reply.send({ status: 'ready' })
      : reply.code(503).header('retry-after', '1').send({ status: 'not_ready', missing });
  });

  app.get('/metrics', hidden, async (request, reply) => {
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
