// A receiver for webhooks in the format standard with the signature v1a (Ed25519): it needs the public key alone.
//   WEBHOOK_PUBLIC_KEY=whpk_… node verify-standard-ed25519.mjs [port]
import { createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';

const sent = process.env.WEBHOOK_PUBLIC_KEY;
if (!sent) throw new Error('Set WEBHOOK_PUBLIC_KEY.');
const x = Buffer.from(sent.replace(/^whpk_/, ''), 'base64').toString('base64url');
const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
const port = Number(process.argv[2] ?? 4000);
const TOLERANCE_S = 300;

/** True where one of the signatures fits the body, and it was sent not long ago. */
function verified(body, headers) {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_S;
  const signatures = (headers['webhook-signature'] ?? '').split(' ').map((one) => one.split(','));
  return (
    fresh &&
    signatures.some(
      ([version, base64 = '']) =>
        version === 'v1a' && verify(null, signed, publicKey, Buffer.from(base64, 'base64')),
    )
  );
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const ok = verified(body, request.headers);
  console.log(ok ? 'verified' : 'REFUSED', body.toString());
  response.writeHead(ok ? 204 : 401).end();
})
  .listen(port, '127.0.0.1')
  .on('listening', function () {
    console.log(`listening on http://127.0.0.1:${this.address().port}`);
  });
