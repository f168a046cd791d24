import type { AuditEntry } from '../../account/audit.ts';
import { ApiError } from '../../base/errors.ts';
import { prefixed, unprefixed } from '../../base/id.ts';
import type { AfterWrite } from '../../db/query.ts';
import type { Endpoints } from '../../delivery/endpoint/endpoint-store.ts';
import type { Endpoint } from '../../delivery/endpoint/endpoint.ts';
import type { RecordChange } from '../../http/record-change.ts';
import type { Answer, Ctx } from '../../http/route.ts';

export const PATH = '/api/v1/webhooks';
export const WEBHOOK_ID = { id: /^wh_[0-9a-f]{32}$/ };

/** The endpoint of a request's path. Throws `not_found`. */
export async function findWebhook(
  endpoints: Pick<Endpoints, 'get'>,
  { caller, params }: Ctx<unknown, unknown>,
): Promise<Endpoint> {
  const endpoint = await endpoints.get(caller.workspaceId, unprefixed('wh', params['id']!)!);
  if (!endpoint) throw new ApiError('not_found', 'No webhook with this id.');
  return endpoint;
}

/**
 * Records a change of an endpoint with its response. `afterWrite` runs in the transaction of the change; `response` is
 * called after it, and throws `not_found` if the endpoint was deleted meanwhile.
 */
export function recordedChange(
  recordChange: RecordChange,
  ctx: Ctx<unknown, unknown>,
  status: number,
  done: 'created' | 'updated' | 'secret_rotated',
  show: (endpoint: Endpoint) => object,
) {
  let body: string | undefined;
  const afterWrite: AfterWrite<Endpoint> = async (trx, endpoint) => {
    body = JSON.stringify(show(endpoint));
    const details = done === 'updated' ? { changed: Object.keys(ctx.body as object) } : {};
    await recordChange(trx, ctx, auditEntry(done, endpoint, details), { status, body });
  };
  return {
    afterWrite,
    response(): Answer {
      if (body === undefined) throw new ApiError('not_found', 'No webhook with this id.');
      return { status, body };
    },
  };
}

/** Without the URL, which may contain a secret. */
export function auditEntry(action: string, { id, name, state }: Endpoint, more: object = {}): AuditEntry {
  const objectId = prefixed('wh', id);
  return { action: `webhook.${action}`, objectType: 'webhook', objectId, details: { name, state, ...more } };
}
