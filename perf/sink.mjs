// A helper: a receiver of webhooks on 127.0.0.1 that answers 200 at once, or as the path says:
// /slow/<ms>/… after so long, /silent/… never, /fading/… at once until it is told to fade, and then never.
// It remembers what it got.
import dgram from 'node:dgram';
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
  /** Of what came to /order/…: the version of the record. */
  /** @type {number[]} */
  versions: [],
  bodyBytes: 0,
};

let faded = false;
/** @type {Set<net.Socket>} */
const open = new Set();

const server = net.createServer({ noDelay: true }, greet);

function greet(/** @type {net.Socket} */ socket) {
  open.add(socket);
  socket.on('close', () => open.delete(socket));
  socket.on('error', () => {});
  socket.on(
    'data',
    messages((head, body) => take(socket, head, body)),
  );
}

function take(/** @type {net.Socket} */ socket, /** @type {string} */ head, /** @type {string} */ body) {
  const path = head.slice(5, head.indexOf(' ', 5));
  if (path.startsWith('/silent/') || (faded && path.startsWith('/fading/'))) return;
  const id = /\r\nwebhook-id: *(\S+)/i.exec(head)?.[1] ?? '';
  const data = body.indexOf('"data":{"id":"') + 14;
  received.keys.push(copied(`${path} ${id}`));
  received.contacts.push(copied(body.slice(data, data + 36)));
  if (path.includes('/order/')) received.versions.push(Number(/"version":(\d+)/.exec(body)?.[1]));
  received.at.push(now());
  received.bodyBytes += body.length;
  const slow = /^\/slow\/(\d+)/.exec(path);
  if (slow) setTimeout(() => socket.write(OK), Number(slow[1]));
  else socket.write(OK);
}

function listen(port = 0) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 1024, () => resolve(server.address().port));
  });
}

/**
 * Listens on addresses of its own too, 127.0.1.1 and on, as receivers on hosts of their own; only Linux has
 * them all without further ado.
 */
function hosts(/** @type {number} */ count) {
  const { port } = server.address();
  const listening = Array.from(
    { length: count },
    (_, n) =>
      new Promise((resolve, reject) => {
        const host = net.createServer({ noDelay: true }, greet).once('error', reject);
        host.listen(port, `127.0.1.${n + 1}`, 1024, () => resolve(undefined));
      }),
  );
  return Promise.all(listening).then(() => port);
}

/** A DNS server that takes every question and answers none. */
function silentDns() {
  const socket = dgram.createSocket('udp4');
  socket.on('message', () => {});
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve(socket.address().port));
  });
}

answer({
  listen,
  hosts,
  silentDns,
  /** Refuses connections and breaks those that are open, until it listens again. */
  down() {
    server.close();
    for (const socket of open) socket.destroy();
  },
  fade(/** @type {boolean} */ on) {
    faded = on;
  },
  forget() {
    Object.assign(received, { keys: [], contacts: [], at: [], versions: [], bodyBytes: 0 });
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
