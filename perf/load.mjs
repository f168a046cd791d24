// A helper: makes contacts (or leads) over raw connections, as fast as they are answered, at a steady rate, or through
// whatever happens to the server.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, get, post, requestText } from './connection.mjs';
import { contactText, fullContactText, taggedContactText } from './contact.mjs';
import { leadText } from './lead.mjs';
import { stripeRequest } from './stripe-request.mjs';
import { twilioRequest } from './twilio-request.mjs';
import { answer } from './helper.mjs';
import { now } from './now.mjs';
import { copied } from './wire.mjs';

let made = 0;
let turn = 0;

/** What a burst creates: the path, and the body of the n-th. */
const KINDS = {
  contacts: { path: '/api/v1/contacts', text: contactText },
  'full contacts': { path: '/api/v1/contacts', text: fullContactText },
  'tagged contacts': { path: '/api/v1/contacts', text: taggedContactText },
  leads: { path: '/api/v1/leads', text: leadText },
};

const request = (/** @type {string} */ key, /** @type {keyof typeof KINDS} */ kind = 'contacts') =>
  post(KINDS[kind].path, key, KINDS[kind].text(`${process.pid}.${made++}`));
const idOf = (/** @type {string} */ body) => copied(body.slice(7, 43));

/** Each connection sends its next request when the last is answered; the keys take turns. */
function burst({ keys, kind, ...options }) {
  return flood(options, 201, () => request(keys[turn++ % keys.length], kind));
}

/** The same with signed events of Stripe. */
function stripeBurst({ path, secret, ...options }) {
  return flood(options, 200, () => stripeRequest(path, secret, `${process.pid}${made++}`));
}

/** The same with signed messages of Twilio. */
function twilioBurst({ url, token, ...options }) {
  return flood(options, 200, () => twilioRequest(url, token, `${process.pid}${made++}`));
}

/** The same, reading: the paths take turns. */
function readBurst({ key, paths, status = 200, ...options }) {
  const texts = paths.map((/** @type {string} */ path) => get(path, key));
  return flood(options, status, () => texts[turn++ % texts.length]);
}

/**
 * @param {{ port: number, connections: number, seconds: number }} options
 * @param {number} wanted the status of every answer
 * @param {() => string} nextRequest
 */
async function flood({ port, connections, seconds }, wanted, nextRequest) {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  const from = now();
  const until = from + seconds * 1000;
  let answered = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (now() < until) {
        const { status, body } = await connection.send(nextRequest());
        if (status !== wanted) throw new Error(`answered ${status}: ${body}`);
        answered += 1;
      }
    }),
  );
  const elapsed = now() - from;
  for (const connection of open) connection.close();
  return { answered, perSecond: (answered / elapsed) * 1000 };
}

/**
 * So many requests a second, sent on time whether or not the last ones are answered.
 * @returns {Promise<[id: string, sentAt: number, answeredAt: number][]>}
 */
async function steady({ port, key, perSecond, seconds }) {
  /** @type {[string, number, number][]} */
  const answered = [];
  /** @type {Connection[]} */
  const idle = await Promise.all(Array.from({ length: 16 }, () => Connection.open(port)));
  const under = new Set();
  const from = now();
  for (let n = 0; n < perSecond * seconds; n++) {
    const due = from + (n * 1000) / perSecond;
    if (due - now() > 0.5) await sleep(due - now());
    const sending = sendOne(idle.pop() ?? (await Connection.open(port))).finally(() => under.delete(sending));
    under.add(sending);
  }
  await Promise.all(under);
  for (const connection of idle) connection.close();
  return answered;

  async function sendOne(/** @type {Connection} */ connection) {
    const sentAt = now();
    const { status, body } = await connection.send(request(key));
    const answeredAt = now();
    if (status !== 201) throw new Error(`answered ${status}: ${body}`);
    answered.push([idOf(body), sentAt, answeredAt]);
    idle.push(connection);
  }
}

/** What the clients of a storm have seen, over all storms of this helper. */
const seen = {
  /** @type {string[]} */
  created: [],
  sent: 0,
  changed: 0,
  /** Requests whose connection broke: they may have landed. */
  unknown: 0,
  /** @type {Record<string, number>} */
  refused: {},
  withoutRetryAfter: 0,
  longestMs: 0,
};

/** How many are to be answered 201 before a storm ends. */
let goal = 0;

/**
 * Goes on until `calm` ends it, whatever happens to the server: a client connects again until it can, and sends
 * a new contact where the last one's fate is unknown or it was refused.
 */
async function storm({ port, key, connections }) {
  goal = Infinity;
  let under = 0;
  await Promise.all(Array.from({ length: connections }, client));

  async function client() {
    /** @type {Connection | null} */
    let connection = null;
    while (seen.created.length + under < goal) {
      under += 1;
      try {
        connection = connection && !connection.broken ? connection : await connected(port);
        await sendRequest(connection);
      } finally {
        under -= 1;
      }
    }
    connection?.close();
  }

  async function sendRequest(/** @type {Connection} */ connection) {
    const sentAt = now();
    seen.sent += 1;
    try {
      const { status, head, body } = await connection.send(request(key));
      if (status === 201) {
        seen.created.push(idOf(body));
      } else {
        seen.refused[status] = (seen.refused[status] ?? 0) + 1;
        if (!/\r\nretry-after: *\d/i.test(head)) seen.withoutRetryAfter += 1;
        await sleep(250);
      }
    } catch {
      seen.unknown += 1;
    }
    seen.longestMs = Math.max(seen.longestMs, now() - sentAt);
  }
}

async function connected(/** @type {number} */ port) {
  for (;;) {
    try {
      return await Connection.open(port);
    } catch {
      await sleep(50);
    }
  }
}

/**
 * Asks for paths in turn, one at a time.
 * @returns {Promise<number[]>} how long each answer took, in milliseconds
 */
async function ask({ port, key, paths, times }) {
  const connection = await Connection.open(port);
  const took = [];
  for (let n = 0; n < times; n++) {
    const sentAt = now();
    const { status, body } = await connection.send(get(paths[n % paths.length], key));
    if (status !== 200) throw new Error(`answered ${status}: ${body}`);
    took.push(now() - sentAt);
  }
  connection.close();
  return took;
}

/**
 * Makes so many contacts and changes each again and again, one change after the other, through whatever happens
 * to the server: what was refused is asked again.
 * @returns {Promise<string[]>} the contacts' ids
 */
async function edits({ port, key, records, perRecord }) {
  return Promise.all(
    Array.from({ length: records }, async () => {
      let connection = await connected(port);
      const requested = async (/** @type {string} */ text, /** @type {number} */ wanted) => {
        for (;;) {
          if (connection.broken) connection = await connected(port);
          const answered = await connection.send(text).catch(() => null);
          if (answered?.status === wanted) return answered.body;
          await sleep(100);
        }
      };
      const id = idOf(await requested(request(key), 201));
      for (let n = 1; n <= perRecord; n++) {
        await requested(
          requestText('PATCH', `/api/v1/contacts/${id}`, key, `{"job_title":"title ${n}"}`),
          200,
        );
        seen.changed += 1;
      }
      connection.close();
      return id;
    }),
  );
}

answer({
  burst,
  stripeBurst,
  twilioBurst,
  readBurst,
  steady,
  storm,
  /** Ends the storm once so many more are answered 201. */
  calm(/** @type {number} */ more) {
    goal = seen.created.length + more;
  },
  edits,
  ask,
  changed: () => seen.changed,
  seen: () => seen,
  progress: () => seen.created.length,
});
