import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import path from 'node:path';
import { PROJECT, startProgram } from '../kit/process.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const HOOKS = '/api/v1/webhooks';
const make = async (more: object) =>
  s.ask('POST', HOOKS, { body: { name: 'x', url: 'https://example.com/', events: ['*'], ...more } });

describe('section 8: v1a, Ed25519, in the format standard', () => {
  test('the public key is shown, the private key once, and it is stored sealed; v1 stays the default', async () => {
    const plain = (await make({})).json;
    expect(plain).toMatchObject({ signature: 'v1', public_key: null });
    expect(plain.secret).toMatch(/^whsec_/);
    const { json } = await make({ signature: 'v1a' });
    expect(json.secret).toMatch(/^whsk_/);
    expect(json.public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const again = await s.ask('GET', `${HOOKS}/${json.id}`);
    expect(again.json).toMatchObject({ signature: 'v1a', public_key: json.public_key, signed: true });
    expect(again.text).not.toContain('whsk_');
    const { rows } = await s.db.pool.query('select endpoint::text as row from endpoint');
    expect(JSON.stringify(rows)).not.toContain(json.secret.slice(5, 40));
    expect((await s.ask('PATCH', `${HOOKS}/${json.id}`, { body: again.json })).status).toBe(200);
  });

  test.each([
    ['of another format', { format: 'axocrm', signature: 'v1a' }, 'signature'],
    ['of another kind', { signature: 'v2' }, 'signature'],
    ['with a secret for v1', { signature: 'v1a', secret: `whsec_${'A'.repeat(32)}` }, 'secret'],
    ['v1 with a private key', { signature: 'v1', secret: `whsk_${'A'.repeat(43)}=` }, 'secret'],
    ['with a key of another length', { signature: 'v1a', secret: 'whsk_AAAA' }, 'secret'],
    ['whose two halves do not match', { signature: 'v1a', secret: `whsk_${'A'.repeat(86)}==` }, 'secret'],
  ])('%s is rejected by name', async (_what, more, field) => {
    const { status, json } = await make(more);
    expect([status, json.error.fields[0].field]).toEqual([400, field]);
  });

  test('a user-supplied key of 32 bytes has the public key of RFC 8032', async () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const known = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
    const { json } = await make({ signature: 'v1a', secret: `whsk_${seed.toString('base64')}` });
    expect(json.public_key).toBe(`whpk_${known.toString('base64')}`);
  });

  test('a rotation keeps the kind, or changes it on request, and both keys sign during the overlap', async () => {
    const receiver = await startReceiver();
    const made = (await make({ url: receiver.url })).json;
    const rotate = async (body: object) =>
      (await s.ask('POST', `${HOOKS}/${made.id}/rotate-secret`, { body })).json;
    const first = await rotate({ signature: 'v1a' });
    expect(first.public_key).toMatch(/^whpk_/);
    await s.ask('POST', `${HOOKS}/${made.id}/test`);
    const [mixed] = await receiver.waitFor(1);
    expect(String(mixed!.headers['webhook-signature'])).toMatch(/^v1a,\S+ v1,\S+$/);
    const second = await rotate({});
    expect(second).toMatchObject({ signature: 'v1a' });
    expect(second.public_key).not.toBe(first.public_key);
    await s.ask('POST', `${HOOKS}/${made.id}/test`);
    const [, both] = await receiver.waitFor(2);
    expect(String(both!.headers['webhook-signature'])).toMatch(/^v1a,\S+ v1a,\S+$/);
    const other = await s.ask('PATCH', `${HOOKS}/${made.id}`, { body: { signature: 'v1' } });
    expect(other.json.error.fields[0].field).toBe('signature');
    await receiver.close();
  });

  test('the example verifies deliveries by the public key, and rejects another one', async () => {
    const [mine, others] = [(await make({ signature: 'v1a' })).json, (await make({ signature: 'v1a' })).json];
    for (const [key, status] of [
      [mine.public_key, 204],
      [others.public_key, 401],
    ] as const) {
      const file = path.join(PROJECT, 'examples/verify-standard-ed25519.mjs');
      const program = startProgram(process.execPath, [file, '0'], { env: { WEBHOOK_PUBLIC_KEY: key } });
      const [, url] = await program.says(/listening on (\S+)/);
      await s.ask('PATCH', `${HOOKS}/${mine.id}`, { body: { url } });
      const { delivery_id: id } = (await s.ask('POST', `${HOOKS}/${mine.id}/test`)).json;
      const answered = async () => (await s.ask('GET', `/api/v1/deliveries/${id}`)).json.last_status;
      await expect.poll(answered, { timeout: 10_000 }).toBe(status);
      program.kill('SIGTERM');
      await program.exited;
    }
  });
});
