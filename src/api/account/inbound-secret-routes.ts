import { z } from 'zod';
import type { Authorities } from '../../account/authority.ts';
import type { InboundSecret, InboundSecrets } from '../../account/inbound-secret.ts';
import { checkNewInboundSecret } from '../../account/key-lineage.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { pageQuery, pageShape, type PageQuery } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { personName } from './person-schema.ts';

const PATH = '/api/v1/inbound-secrets';

const shape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string().meta({ description: 'The visible part of the secret.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    secret: z.string().optional().meta({ description: 'Shown once, on creation.' }),
  })
  .meta({ id: 'InboundSecret' });

interface InboundSecretParts {
  db: Database;
  secrets: InboundSecrets;
  authorities: Authorities;
  recordChange: RecordChange;
}

/**
 * The secrets that other systems send or sign with (CW1).
 * @param paths the inbound webhooks that accept them
 */
export function inboundSecretRoutes(
  { db, secrets, authorities, recordChange }: InboundSecretParts,
  paths: readonly string[],
): Route[] {
  const common = { scope: 'keys:manage', tag: 'inbound secrets' } as const;

  const list = route<undefined, PageQuery>({
    ...common,
    scope: 'keys:read',
    method: 'GET',
    path: PATH,
    summary: 'List inbound secrets',
    query: pageQuery,
    answers: { 200: pageShape(shape) },
    async handle({ caller, query, url }) {
      const after = query.cursor ? decodeCursor(query.cursor, 'inbound-secrets').id : null;
      const rows = await secrets.list(caller.workspaceId, query.limit + 1, after);
      const cursorOf = (row: InboundSecret) =>
        encodeCursor({ sort: 'inbound-secrets', value: row.created_at, id: row.id });
      return { status: 200, body: pageOf(rows, query.limit, url, cursorOf, (row) => row) };
    },
  });

  const create = route<{ name: string }>({
    ...common,
    method: 'POST',
    path: PATH,
    summary: 'Create an inbound secret',
    description: `The secret is shown only in this response. It is valid only for \`POST\` to ${paths.map((path) => `\`${path}\``).join(', ')}. A key that creates one also needs \`leads:create\`, and must not expire: the secret does not expire.`,
    body: z.strictObject({ name: personName }),
    answers: { 201: shape },
    async handle(ctx) {
      const { workspaceId, actor } = ctx.caller;
      checkNewInboundSecret(await authorities.current(db.pool, ctx.caller));
      let made = '';
      await secrets.create({ workspaceId, actor }, ctx.body.name, async (trx, { secret, raw }) => {
        made = JSON.stringify({ ...secret, secret: raw });
        await recordChange(trx, ctx, auditEntry('created', secret), { status: 201, body: made });
      });
      return { status: 201, body: made };
    },
  });

  const remove = route({
    ...common,
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete an inbound secret',
    answers: { 204: 'It is no longer accepted.' },
    async handle(ctx) {
      await secrets.remove(ctx.caller.workspaceId, ctx.params['id']!, (trx, secret) =>
        recordChange(trx, ctx, auditEntry('deleted', secret), { status: 204, body: '' }),
      );
      return { status: 204, body: null };
    },
  });

  return [list, create, remove];
}

function auditEntry(done: 'created' | 'deleted', { id, name, prefix }: InboundSecret) {
  return {
    action: `inbound_secret.${done}`,
    objectType: 'inbound_secret',
    objectId: id,
    details: { name, prefix },
  };
}
