// @ts-check
// A thread that parses one mail after another: mail-parser.ts starts it, and ends it if a mail takes too long. Mails are
// written by strangers, and some are made to use up time or memory.
import { parentPort } from 'node:worker_threads';
import PostalMime from 'postal-mime';

/** @typedef {import('./mail-parser.ts').MailJob} MailJob */
/** @typedef {import('./mail-parser.ts').MailResult} MailResult */
/** @typedef {import('./mail-parser.ts').MailLimits} MailLimits */
/** @typedef {import('./parsed-email.ts').MailProblem} MailProblem */
/** @typedef {import('postal-mime').Email} Email */

const BOUNDARY = /boundary\*?=(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))/gi;
/** Mails of real programs have fewer than ten. */
const MAX_BOUNDARIES = 200;

/** The length of the header: up to its empty line, or all. @param {Buffer} raw */
function headerLength(raw) {
  const ends = [raw.indexOf('\r\n\r\n'), raw.indexOf('\n\n')].filter((at) => at >= 0);
  return ends.length > 0 ? Math.min(...ends) : raw.length;
}

/** How many parts the boundaries of a mail make. @param {Buffer} raw @param {number} max */
function countParts(raw, max) {
  const text = raw.toString('latin1');
  /** @type {Set<string>} */
  const boundaries = new Set();
  for (const [, quoted, token] of text.matchAll(BOUNDARY)) {
    boundaries.add(quoted ?? token ?? '');
    if (boundaries.size > MAX_BOUNDARIES) return Infinity;
  }
  let count = 0;
  for (let at = text.indexOf('\n--'); at >= 0; at = text.indexOf('\n--', at + 3)) {
    const end = text.indexOf('\n', at + 3);
    const line = text.slice(at + 3, Math.min(end < 0 ? text.length : end, at + 210)).trimEnd();
    if (boundaries.has(line) && ++count > max) return count;
  }
  return count;
}

/** The header alone, in whole lines. @param {Buffer} raw @param {number} max bytes */
async function parseHeader(raw, max) {
  const cut = raw.subarray(0, Math.min(headerLength(raw), max));
  const whole = cut.length < max ? cut : cut.subarray(0, Math.max(0, cut.lastIndexOf('\n')));
  // Without its type, there is no content to expect.
  const email = await PostalMime.parse(Buffer.concat([whole, Buffer.from('\r\n\r\n')]));
  return { ...email, text: undefined, html: undefined, attachments: [] };
}

/** @param {Buffer} raw @param {MailLimits} limits @returns {MailProblem | null} */
function problemOf(raw, { headerBytes, parts }) {
  if (headerLength(raw) > headerBytes) return 'header_too_large';
  return countParts(raw, parts) > parts ? 'too_many_parts' : null;
}

/** @param {unknown} error @returns {MailProblem} */
function problemOfError(error) {
  const { message } = /** @type {Error} */ (error);
  return /nesting/i.test(message) ? 'too_deep' : /header/i.test(message) ? 'header_too_large' : 'unreadable';
}

/** @param {MailJob} job @returns {Promise<MailResult>} */
async function parse({ raw: bytes, limits }) {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bound = problemOf(raw, limits);
  if (bound !== null) return { email: await parseHeader(raw, limits.headerBytes), problem: bound };
  try {
    const email = await PostalMime.parse(raw, {
      maxNestingDepth: limits.depth,
      // Of all parts together.
      maxHeadersSize: limits.headerBytes + limits.parts * limits.partHeaderBytes,
      // Forwarded mails are attachments: their text is not what the sender wrote.
      forceRfc822Attachments: true,
    });
    return { email, problem: null };
  } catch (error) {
    return { email: await parseHeader(raw, limits.headerBytes), problem: problemOfError(error) };
  }
}

const port = parentPort;
port?.on('message', (/** @type {MailJob} */ job) => void answer(job));

async function answer(/** @type {MailJob} */ job) {
  /** @type {MailResult} */
  let result;
  try {
    result = await parse(job);
  } catch {
    result = { email: null, problem: 'unreadable' };
  }
  // The port of a thread, not of a window: it has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  port?.postMessage(result);
}
