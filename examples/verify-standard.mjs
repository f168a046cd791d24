// A receiver for webhooks in the format standard (Standard Webhooks), with nothing but Node.
//   WEBHOOK_SECRET=whsec_… node verify-standard.mjs [port]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const key = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
const port = Number(process.argv[2] ?? 4000);
const TOLERANCE_S = 300;

/** True where one of the signatures fits the body, and it was sent not long ago. */
function verified(body, headers) {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const made = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_S;
  return (
    fresh &&
    (headers['webhook-signature'] ?? '').split(' ').some((signature) => {
      const sent = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
      return sent.length === made.length && timingSafeEqual(sent, made);
    })
  );
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const ok = verified(body, request.headers);
  console.log(ok ? 'verified' : 'REFUSED', request.headers['webhook-id'], body.toString());
  response.writeHead(ok ? 204 : 401).end();
}).listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`));
