// A receiver for webhooks in the format axocrm: run it, then point a webhook at it.
//   WEBHOOK_SECRET=axo_whsec_… node verify-axocrm.mjs [port]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('Set WEBHOOK_SECRET.');
const port = Number(process.argv[2] ?? 4000);
const TOLERANCE_S = 300;

/** True where the body is what was sent with this secret, not long ago. */
function verified(body, headers) {
  const timestamp = headers['x-axocrm-timestamp'] ?? '';
  const made = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_S;
  return fresh && same(headers['x-axocrm-signature'] ?? '', `sha256=${made}`);
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
