import type { FastifyInstance, FastifyRequest } from 'fastify';
import { receiveInbound, type InboundRequestParts } from '../../connections/inbound-request.ts';
import type { ConnectionKind, InboundHandler, InboundRequest } from '../../connections/connection-kind.ts';
import { readPlainJson } from '../../http/json-body.ts';
import { inboundPath } from './connection-schema.ts';

/** Applies to everyone, before the sender is known. */
const BODY_LIMIT = 262_144;
const MAX_FIELDS = 10_000;

/** An id as this program writes it. A pattern leaves other paths, as `/webhooks/crm/lead`, to their own routes. */
const ID = ':connection(^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$)';

interface ReceiverParts<Services> extends InboundRequestParts {
  /** What the handlers of the kind work with. */
  services: Services;
  /** The public URL of this installation. */
  baseUrl(): string;
}

/** Mounts `/webhooks/{kind}/{connection id}/…` of a kind. */
export function mountConnection<Services>(
  app: FastifyInstance,
  kind: ConnectionKind<Services>,
  parts: ReceiverParts<Services>,
): void {
  for (const handler of kind.inbound) {
    if (!handler.takesPlainJson) mountHandler(app, kind, handler, parts);
    else
      void app.register((scope, _options, done) => {
        readPlainJson(scope);
        mountHandler(scope, kind, handler, parts);
        done();
      });
  }
}

function mountHandler<Services>(
  app: FastifyInstance,
  kind: ConnectionKind<Services>,
  handler: InboundHandler<Services>,
  parts: ReceiverParts<Services>,
): void {
  app.post<{ Params: { connection: string } }>(inboundPath(kind.name, ID, handler.path), {
    bodyLimit: handler.maxBytes ?? BODY_LIMIT,
    config: {
      maxFields: Math.ceil((MAX_FIELDS * (handler.maxBytes ?? BODY_LIMIT)) / BODY_LIMIT),
      ...(handler.takesForms && { takesForms: true }),
    },
    handler: async (request, reply) => {
      const { connection } = request.params;
      const inbound = inboundRequest(request, parts.baseUrl());
      const answer = await receiveInbound(parts, kind, handler, connection, inbound, parts.services);
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type(answer.type)
        .send(answer.body);
    },
  });
}

function inboundRequest(
  { method, headers, raw, rawBody, body, form, jsonText }: FastifyRequest,
  baseUrl: string,
): InboundRequest {
  return {
    method,
    headers,
    url: `${baseUrl}${raw.url ?? ''}`,
    rawBody: rawBody ?? Buffer.alloc(0),
    body,
    form,
    text: form ? JSON.stringify(form) : (jsonText ?? ''),
  };
}
