import { Client } from 'pg';
import { attachEmbedded } from '../dist/db/embedded.js';

/** A connection of our own to the PostgreSQL of a server that runs; `end` it. @returns {Promise<Client>} */
export async function connectTo(/** @type {string} */ dataDir) {
  const client = new Client((await attachEmbedded(dataDir)) ?? {});
  // A section that fails takes PostgreSQL down under it; unheard, that would end us before the tidying up.
  client.on('error', () => {});
  await client.connect();
  return client;
}
