// A child process, the baseline of `deliver`: undici's own request and an HMAC only; no database.
import { createHmac, randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';
import { idMaker } from '../dist/base/id.js';
import { answer } from './helper.mjs';

/** Sends signed bodies of a given size with a given concurrency. */
async function send({ url, count, bodyBytes, inFlight }) {
  const dispatcher = new Agent({ connections: inFlight, pipelining: 1 });
  const secret = randomBytes(32);
  const newId = idMaker(Date.now);
  const start = `{"type":"contact.created","timestamp":"${new Date().toISOString()}","data":{"id":"`;
  const end = `","padding":"${'x'.repeat(Math.max(0, bodyBytes - start.length - 36 - 15))}"}}`;
  let left = count;

  async function sendNext() {
    const id = `evt_${newId()}`;
    const body = start + id.slice(4) + end;
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', secret)
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest('base64');
    const { statusCode, body: answered } = await request(url, {
      dispatcher,
      method: 'POST',
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
        'content-type': 'application/json',
        'user-agent': 'Fairlead-Webhooks/1',
      },
      body,
    });
    await answered.text();
    if (statusCode !== 200) throw new Error(`the sink answered ${statusCode}`);
  }

  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await sendNext();
    }),
  );
  await dispatcher.close();
}

answer({ send });
