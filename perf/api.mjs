import { contactText } from './contact.mjs';

/** @typedef {Pick<import('./server.mjs').Server, 'url' | 'key'>} Server */

const BATCH = 500;

/** Calls the API; throws unless the answer is a success. @returns {Promise<any>} */
export async function call(
  /** @type {Server} */ server,
  /** @type {string} */ method,
  /** @type {string} */ path,
  /** @type {unknown} */ body,
) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return text ? JSON.parse(text) : null;
}

/**
 * Makes a webhook for every event, in the format `standard`.
 * @param {Server} server
 * @param {string} url
 * @param {object} [options] what else the API takes, as `{ ordering: 'record' }`
 * @returns {Promise<string>} its id
 */
export async function makeWebhook(server, url, options = {}) {
  const requested = { name: url, url, events: ['*'], format: 'standard', ...options };
  return (await call(server, 'POST', '/webhooks', requested)).id;
}

/** Switches webhooks on or off, eight at once. */
export async function setActive(
  /** @type {Server} */ server,
  /** @type {string[]} */ webhooks,
  /** @type {boolean} */ active,
) {
  const left = [...webhooks];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop())
        await call(server, 'PATCH', `/webhooks/${id}`, { active });
    }),
  );
}

/** Makes so many contacts, 500 a call. @returns the length of one as JSON */
export async function makeContacts(/** @type {Server} */ server, /** @type {number} */ count) {
  let left = count;
  let length = 0;
  await Promise.all(
    [1, 2].map(async (lane) => {
      while (left > 0) {
        const some = Math.min(BATCH, left);
        left -= some;
        const records = Array.from({ length: some }, (_, n) => contactText(`${lane}.${left}.${n}`));
        const { results } = await call(
          server,
          'POST',
          '/contacts/batch',
          `{"records":[${records.join(',')}]}`,
        );
        const bad = results.find((/** @type {any} */ item) => item.status !== 201);
        if (bad) throw new Error(`a contact of the backlog was refused: ${JSON.stringify(bad)}`);
        length = JSON.stringify(results[0].record).length;
      }
    }),
  );
  return length;
}

/** The ids of every contact there is. @returns {Promise<Set<string>>} */
export async function contactIds(/** @type {Server} */ server) {
  const ids = new Set();
  for (let path = '/contacts?limit=200'; ;) {
    const page = await call(server, 'GET', path, undefined);
    for (const { id } of page.data) ids.add(id);
    if (!page.has_more) return ids;
    path = `/contacts?limit=200&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

/** True where nothing of a webhook waits any more. */
export async function drained(/** @type {Server} */ server, /** @type {string} */ webhook) {
  for (const state of ['pending', 'retrying']) {
    const page = await call(
      server,
      'GET',
      `/webhooks/${webhook}/deliveries?limit=1&state=${state}`,
      undefined,
    );
    if (page.data.length > 0) return false;
  }
  return true;
}
