import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { sha256 } from '../dist/base/hmac.js';
import { idMaker } from '../dist/base/id.js';

/**
 * Creates a further workspace with keys of all scopes.
 * @param {import('pg').PoolConfig} connection
 * @param {{ plan: string, keyCount: number }} options
 * @returns {Promise<{ id: string, keys: string[] }>}
 */
export async function makeWorkspace(connection, { plan, keyCount }) {
  const client = new Client(connection);
  await client.connect();
  try {
    const newId = idMaker(Date.now);
    const id = newId();
    // 0.1.0 has no slugs.
    const { rowCount: hasSlug } = await client.query(
      `select from information_schema.columns where table_name = 'workspace' and column_name = 'slug'`,
    );
    await client.query(
      `insert into workspace (id, name, plan, created_at ${hasSlug ? ', slug' : ''})
       values ($1::uuid, 'of the bench', $2, now() ${hasSlug ? `, 'bench-' || right($1::uuid::text, 12)` : ''})`,
      [id, plan],
    );
    await client.query('insert into workspace_counter (workspace_id) values ($1)', [id]);
    const keys = Array.from({ length: keyCount }, () => ({
      id: newId(),
      raw: `fl_live_${randomBytes(16).toString('hex')}`,
      salt: randomBytes(16),
    }));
    await client.query(
      `insert into api_key (workspace_id, id, name, style, prefix, salt, hash, scopes, created_by, created_at)
       select $1, id, 'bench', 'fairlead', prefix, salt, hash, '{*}', 'bench', now()
       from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[]) as k(id, prefix, salt, hash)`,
      [
        id,
        keys.map((key) => key.id),
        keys.map(({ raw }) => raw.slice(0, 16)),
        keys.map(({ salt }) => salt),
        keys.map(({ salt, raw }) => sha256(salt, raw)),
      ],
    );
    return { id, keys: keys.map(({ raw }) => raw) };
  } finally {
    await client.end();
  }
}
