// A receiver for webhooks in the format standard (Standard Webhooks): run it, then point a webhook at it.
//   WEBHOOK_SECRET=whsec_… node verify-standard.mjs [port]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('Set WEBHOOK_SECRET.');
const port = Number(process.argv[2] ?? 4000);
const TOLERANCE_S = 300;

/** True where one of the signatures fits the body, and it was sent not long ago. */
function verified(body, headers) {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const made = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_S;
  return fresh && (headers['webhook-signature'] ?? '').split(' ').some((sent) => same(sent, `v1,${made}`));
}

/** Compares in a time that does not depend on where the two differ. */
function same(sent, made) {
  const [a, b] = [Buffer.from(sent), Buffer.from(made)];
  return a.length === b.length && timingSafeEqual(a, b);
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const ok = verified(body, request.headers);
  console.log(ok ? 'verified' : 'REFUSED', body.toString());
  response.writeHead(ok ? 204 : 401).end();
}).listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`));
