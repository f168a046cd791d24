import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { NewConnectionEvent } from './connection-event-record.ts';
import type { ConnectionEvents } from './connection-event.ts';
import type { ConnectionKind, ConnectionValues, InboundHandler, InboundRequest } from './connection-kind.ts';
import type { Connections } from './connection-store.ts';
import type { OpenConnection } from './connection.ts';
import type { UnverifiedRequests } from './unverified-requests.ts';

const DISABLED = 'The connection is disabled.';
const UNREADABLE = 'The stored secrets cannot be opened with the present FAIRLEAD_SECRET_KEY.';
const NOT_STORED = 'It could not be stored; the sender may try again.';

const JSON_TYPE = 'application/json';

export interface InboundResponse {
  body: string;
  /** The content type. */
  type: string;
}

export interface InboundRequestParts {
  connections: Pick<Connections, 'findInbound'>;
  connectionEvents: Pick<ConnectionEvents, 'record'>;
  unverified: Pick<UnverifiedRequests, 'add'>;
  log: Logger;
  clock: Clock;
}

/**
 * Receives a request at an inbound URL: verifies it, handles it and records the outcome.
 * @returns the response body and its content type. Throws `unauthorized`, the same for a wrong signature, an unknown and a disabled
 * connection, so that a stranger does not learn which connections exist.
 */
export async function receiveInbound<Services>(
  { connections, connectionEvents, unverified, log, clock }: InboundRequestParts,
  kind: ConnectionKind<Services>,
  handler: InboundHandler<Services>,
  id: Uuid,
  request: InboundRequest,
  services: Services,
): Promise<InboundResponse> {
  const found = await connections.findInbound(kind.name, id);
  const body = handler.keepsNoBody?.(request, found?.settings ?? {}) ? '' : request.text;
  const { values, problem } = await verified(handler, request, found ?? unknownConnection(kind), services);
  if (!found) throw unauthorized();
  if (problem !== null) {
    unverified.add({
      connection: found,
      reason: problem,
      isFailure: found.active,
      body,
      receivedAt: clock.now(),
    });
    throw unauthorized();
  }
  const record = async (event: Omit<NewConnectionEvent, 'type' | 'externalId' | 'body'>) => {
    await connectionEvents
      .record(found, { ...event, ...handler.summarize(request), body })
      // The record exists already: the sender must not send it again.
      .catch((error: Error) => log.error({ err: error.message, connection_id: id }, 'could not be logged'));
  };
  try {
    const { workspaceId } = found;
    const result = await handler.handle(request, { ...values!, workspaceId, id }, services);
    const { outcome, reason = null, record: made = null, answer, answerType = JSON_TYPE } = result;
    await record({ outcome, reason, record: made });
    return { body: answer, type: answerType };
  } catch (error) {
    const refusal = error instanceof ApiError && error.status < 500 ? error : null;
    await record({ outcome: 'refused', reason: refusal?.message ?? NOT_STORED, record: null });
    throw error;
  }
}

/** @returns the values that verify the request, else why none does */
async function verified<Services>(
  handler: InboundHandler<Services>,
  request: InboundRequest,
  { settings, secrets, active }: Pick<OpenConnection, 'settings' | 'secrets' | 'active'>,
  services: Services,
): Promise<{ values: ConnectionValues | null; problem: string | null }> {
  let problem = UNREADABLE;
  for (const item of secrets) {
    const values = { settings, secrets: item };
    // oxlint-disable-next-line no-await-in-loop -- at most the current and the old secrets
    const found = await handler.verify(request, values, services);
    if (found === null) return active ? { values, problem: null } : { values: null, problem: DISABLED };
    problem = found;
  }
  return { values: null, problem };
}

/** Random secrets: an unknown connection takes the same steps as a known one. */
function unknownConnection({ secrets }: ConnectionKind) {
  const values = Object.keys(secrets.shape).map((name) => [name, randomBytes(32).toString('base64url')]);
  return { settings: {}, secrets: [Object.fromEntries(values) as Record<string, string>], active: true };
}

function unauthorized(): ApiError {
  return new ApiError('unauthorized', 'The URL is unknown, or the request does not prove the secret.');
}
