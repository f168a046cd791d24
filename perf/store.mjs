import { Client } from 'pg';
import { attachEmbedded } from '../dist/db/embedded/embedded.js';

/** Opens a connection to the PostgreSQL of a running server; `end` it. @returns {Promise<Client>} */
export async function connectTo(/** @type {string} */ dataDir) {
  const client = new Client((await attachEmbedded(dataDir)) ?? {});
  // A failing section may stop PostgreSQL first; without a listener, the error would end this process before its
  // cleanup.
  client.on('error', () => {});
  await client.connect();
  return client;
}
