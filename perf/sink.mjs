// A helper: a receiver of webhooks on 127.0.0.1 that answers 200 at once, or as the path says:
// /slow/<ms>/… after so long, /silent/… never. It remembers what it got.
import net from 'node:net';
import { answer } from './helper.mjs';
import { now } from './now.mjs';
import { copied, messages } from './wire.mjs';

const OK = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');

/** What came in since the last `forget`: path and webhook-id, the contact in the body, when. */
const received = {
  /** @type {string[]} */
  keys: [],
  /** @type {string[]} */
  contacts: [],
  /** @type {number[]} */
  at: [],
  bodyBytes: 0,
};

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.on(
    'data',
    messages((head, body) => take(socket, head, body)),
  );
});

function take(/** @type {net.Socket} */ socket, /** @type {string} */ head, /** @type {string} */ body) {
  const path = head.slice(5, head.indexOf(' ', 5));
  if (path.startsWith('/silent/')) return;
  const id = /\r\nwebhook-id: *(\S+)/i.exec(head)?.[1] ?? '';
  const data = body.indexOf('"data":{"id":"') + 14;
  received.keys.push(copied(`${path} ${id}`));
  received.contacts.push(copied(body.slice(data, data + 36)));
  received.at.push(now());
  received.bodyBytes += body.length;
  const slow = /^\/slow\/(\d+)/.exec(path);
  if (slow) setTimeout(() => socket.write(OK), Number(slow[1]));
  else socket.write(OK);
}

answer({
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', 1024, () => resolve(server.address().port));
    }),
  forget() {
    Object.assign(received, { keys: [], contacts: [], at: [], bodyBytes: 0 });
  },
  count: () => received.at.length,
  summary: () => ({
    received: received.at.length,
    distinct: new Set(received.keys).size,
    contacts: new Set(received.contacts).size,
    bodyBytes: received.bodyBytes,
    elapsed: (received.at.at(-1) ?? 0) - (received.at[0] ?? 0),
  }),
  all: () => received,
});
