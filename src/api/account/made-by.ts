import { z } from 'zod';
import type { ApiKey, ApiKeys } from '../../account/api-key.ts';
import type { AuditEntry } from '../../account/audit.ts';
import type { Caller } from '../../account/caller.ts';
import type { InboundSecret, InboundSecrets } from '../../account/inbound-secret.ts';
import type { Clock } from '../../base/clock.ts';
import { prefixed, type Uuid } from '../../base/id.ts';
import type { Connections } from '../../connections/connection-store.ts';
import { CONNECTION_STATES, type Connection } from '../../connections/connection.ts';
import type { Endpoints } from '../../delivery/endpoint/endpoint-store.ts';
import type { Endpoint } from '../../delivery/endpoint/endpoint.ts';
import { admit } from '../../http/authenticate.ts';
import type { Transaction } from '../../db/query.ts';

/** Objects that remain when a member leaves, with the scopes to read and to revoke them. */
const KINDS = {
  keys: { read: 'keys:read', manage: 'keys:manage' },
  inbound_secrets: { read: 'keys:read', manage: 'keys:manage' },
  webhooks: { read: 'webhooks:read', manage: 'webhooks:manage' },
  connections: { read: 'connections:read', manage: 'connections:manage' },
} as const;

type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];

/** Maximum number listed per kind; all are counted and revoked. */
const MAX_SHOWN = 100;

export const revokeQuery = z.strictObject({
  revoke: z
    .string()
    .max(100)
    .refine(
      (text) => text.split(',').every((name) => (NAMES as string[]).includes(name)),
      `must be of ${NAMES.join(', ')}, separated by commas`,
    )
    .transform((text) => text.split(',') as Kind[])
    .optional()
    .meta({
      description:
        'Objects created by the member that are revoked too: `keys`, `inbound_secrets`, `webhooks`, `connections`, separated by commas. Requires the scope to manage them.',
    }),
});
export type RevokeQuery = z.output<typeof revokeQuery>;

function listShape(more: z.ZodRawShape) {
  const item = z.object({ id: z.string(), name: z.string(), created_at: z.iso.datetime(), ...more });
  return z.object({ total_count: z.int(), data: z.array(item) }).nullable();
}

export const madeShape = z
  .object({
    keys: listShape({ prefix: z.string(), state: z.enum(['active', 'expired']) }),
    inbound_secrets: listShape({ prefix: z.string() }),
    webhooks: listShape({ url: z.string(), state: z.enum(['active', 'paused', 'disabled']) }),
    connections: listShape({ kind: z.string(), state: z.enum(CONNECTION_STATES) }),
  })
  .meta({ id: 'MadeByMember' });

export interface MadeBy {
  /** Null for kinds that the caller may not read. */
  show(caller: Caller, memberId: Uuid): Promise<z.input<typeof madeShape>>;
  /** @returns an audit entry for each revoked object; pass the webhooks to `announce` after the commit */
  revoke(
    trx: Transaction,
    workspaceId: Uuid,
    memberId: Uuid,
    kinds: readonly Kind[],
  ): Promise<{ entries: AuditEntry[]; webhooks: Uuid[] }>;
  announce(workspaceId: Uuid, webhooks: readonly Uuid[]): void;
}

/** Throws `forbidden` if the caller may not revoke one of these kinds. */
export function checkMayRevoke(caller: Caller, kinds: readonly Kind[]): void {
  for (const kind of kinds) admit(caller, KINDS[kind].manage);
}

/** Finds and revokes what a member created, for when they leave. */
export function makeMadeBy(parts: {
  keys: Pick<ApiKeys, 'madeBy' | 'revokeMadeBy'>;
  secrets: Pick<InboundSecrets, 'madeBy' | 'removeMadeBy'>;
  connections: Pick<Connections, 'madeBy' | 'removeMadeBy'>;
  endpoints: Pick<Endpoints, 'madeBy' | 'removeMadeBy' | 'changed'>;
  clock: Clock;
}): MadeBy {
  const { keys, secrets, connections, endpoints, clock } = parts;

  function showKey({ id, name, created_at, prefix, expires_at: expiresAt }: ApiKey) {
    const isExpired = expiresAt !== null && Date.parse(expiresAt) <= clock.now();
    return { id, name, created_at, prefix, state: isExpired ? 'expired' : 'active' };
  }

  return {
    async show(caller, memberId) {
      const values = [caller.workspaceId, memberId, MAX_SHOWN] as const;
      const mayRead = (kind: Kind) => caller.may(KINDS[kind].read);
      const [ofKeys, ofSecrets, ofWebhooks, ofConnections] = await Promise.all([
        mayRead('keys') ? keys.madeBy(...values) : null,
        mayRead('inbound_secrets') ? secrets.madeBy(...values) : null,
        mayRead('webhooks') ? endpoints.madeBy(...values) : null,
        mayRead('connections') ? connections.madeBy(...values) : null,
      ]);
      return {
        keys: ofKeys && { total_count: ofKeys.count, data: ofKeys.keys.map(showKey) },
        inbound_secrets: ofSecrets && {
          total_count: ofSecrets.count,
          data: ofSecrets.secrets.map(showSecret),
        },
        webhooks: ofWebhooks && {
          total_count: ofWebhooks.count,
          data: ofWebhooks.endpoints.map(showWebhook),
        },
        connections: ofConnections && {
          total_count: ofConnections.count,
          data: ofConnections.connections.map(showConnection),
        },
      };
    },

    async revoke(trx, workspaceId, memberId, kinds) {
      const revokes = (kind: Kind) => kinds.includes(kind);
      // The keys last: they are needed to find what was created through a key.
      const webhooks = revokes('webhooks') ? await endpoints.removeMadeBy(trx, workspaceId, memberId) : [];
      const ofSecrets = revokes('inbound_secrets')
        ? await secrets.removeMadeBy(trx, workspaceId, memberId)
        : [];
      const ofConnections = revokes('connections')
        ? await connections.removeMadeBy(trx, workspaceId, memberId)
        : [];
      const ofKeys = revokes('keys') ? await keys.revokeMadeBy(trx, workspaceId, memberId) : [];
      return {
        entries: [
          ...webhooks.map(webhookEntry),
          ...ofSecrets.map(secretEntry),
          ...ofConnections.map(connectionEntry),
          ...ofKeys.map(keyEntry),
        ],
        webhooks: webhooks.map(({ id }) => id),
      };
    },

    announce: (workspaceId, webhooks) => endpoints.changed(workspaceId, webhooks),
  };
}

function showSecret({ id, name, created_at, prefix }: InboundSecret) {
  return { id, name, created_at, prefix };
}

function showWebhook({ id, name, createdAt, url, state }: Endpoint) {
  return { id: prefixed('wh', id), name, created_at: createdAt, url, state };
}

function showConnection({ id, name, createdAt, kind, state }: Connection) {
  return { id, name, created_at: createdAt, kind, state };
}

function keyEntry({ id, name, prefix, scopes, expires_at }: ApiKey): AuditEntry {
  const details = { name, prefix, scopes, expires_at };
  return { action: 'api_key.revoked', objectType: 'api_key', objectId: id, details };
}

function secretEntry({ id, name, prefix }: InboundSecret): AuditEntry {
  const details = { name, prefix };
  return { action: 'inbound_secret.deleted', objectType: 'inbound_secret', objectId: id, details };
}

function webhookEntry({ id, name, state }: Endpoint): AuditEntry {
  const details = { name, state };
  return { action: 'webhook.deleted', objectType: 'webhook', objectId: prefixed('wh', id), details };
}

function connectionEntry({ id, name, kind, active }: Connection): AuditEntry {
  const details = { kind, name, active };
  return { action: 'connection.deleted', objectType: 'connection', objectId: id, details };
}
