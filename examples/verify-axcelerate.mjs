// A receiver for webhooks in the format axcelerate: run it, then point a webhook at it.
//   WEBHOOK_SECRET=… node verify-axcelerate.mjs [port]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('Set WEBHOOK_SECRET.');
const port = Number(process.argv[2] ?? 4000);

/** True where the body is what was sent with this private key. */
function verified(body, headers) {
  const made = createHmac('sha256', secret).update(body).digest('hex');
  return headers['ax-signature-version'] === '1' && same(headers['ax-signature'] ?? '', made);
}

/** Compares in a time that does not depend on where the two differ. */
function same(sent, made) {
  const [a, b] = [Buffer.from(sent), Buffer.from(made)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What happened, by aXcelerate's names: ids are integers. */
function summary(body) {
  const { type, message } = JSON.parse(body);
  const { contact, enrolment } = message;
  switch (type) {
    case 'contact.contact_created':
    case 'contact.contact_updated':
      return `${type}: contact ${contact.id}`;
    case 'student.workshop_enrolment_created':
      return `${type}: contact ${enrolment.contact_id} in workshop ${enrolment.workshop?.id}`;
    case 'student.unit_enrolment_status_changed':
      return `${type}: contact ${enrolment.contact_id}, ${enrolment.status}`;
    default:
      return type;
  }
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const ok = verified(body, request.headers);
  console.log(ok ? 'verified' : 'REFUSED', body.toString());
  if (ok) console.log(summary(body));
  response.writeHead(ok ? 204 : 401).end();
}).listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`));
