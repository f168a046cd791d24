import net from 'node:net';
import { messages } from './wire.mjs';

/**
 * One keep-alive connection with one request at a time.
 * @typedef {{ status: number, head: string, body: string }} Answer
 */
export class Connection {
  /** @type {net.Socket} */
  #socket;
  /** @type {{ resolve(answer: Answer): void, reject(error: Error): void } | null} */
  #waiting = null;
  broken = false;

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    const take = messages((head, body) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
    });
    socket.on('data', take);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.broken = true;
      this.#waiting?.reject(new Error('the connection broke'));
      this.#waiting = null;
    });
  }

  /** @returns {Promise<Connection>} */
  static open(/** @type {number} */ port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Connection(socket)));
    });
  }

  /** @returns {Promise<Answer>} rejects if the connection breaks before the response is complete */
  send(/** @type {string} */ request) {
    return new Promise((resolve, reject) => {
      if (this.broken) return reject(new Error('the connection broke'));
      this.#waiting = { resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  close() {
    this.#socket.destroy();
  }
}

/** A POST request as HTTP text. */
export function post(/** @type {string} */ path, /** @type {string} */ key, /** @type {string} */ body) {
  return requestText('POST', path, key, body);
}

/**
 * A request as HTTP text.
 * @param {string} method
 * @param {string} path
 * @param {string} key
 * @param {string} body ASCII
 */
export function requestText(method, path, key, body) {
  return (
    `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
}

export function get(/** @type {string} */ path, /** @type {string} */ key) {
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n\r\n`;
}
