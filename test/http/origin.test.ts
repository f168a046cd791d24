import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOurs } from '../../src/http/session-cookie.ts';
import { makeMember, PASSWORD, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const PUBLIC = 'https://crm.acme.example';
const HTTP = 'http' as const;

test.each([
  // Origin, Host, scheme of the connection, public URL.
  [PUBLIC, 'crm.acme.example', HTTP, PUBLIC, true],
  [`${PUBLIC}:443`, 'crm.acme.example', HTTP, PUBLIC, true],
  [PUBLIC, 'internal:3000', HTTP, `${PUBLIC}/crm`, true],
  ['http://crm.acme.example', 'crm.acme.example', HTTP, PUBLIC, false],
  ['https://crm.acme.example:8443', 'crm.acme.example:8443', HTTP, PUBLIC, false],
  ['https://evil.example', 'evil.example', HTTP, PUBLIC, false],
  ['https://crm.acme.example.evil.example', 'crm.acme.example.evil.example', HTTP, PUBLIC, false],
  ['http://localhost.evil.example:3000', 'localhost.evil.example:3000', HTTP, PUBLIC, false],
  ['http://127.0.0.1.evil.example', '127.0.0.1.evil.example', HTTP, PUBLIC, false],
  ['http://localhost:3000', 'localhost:3000', HTTP, PUBLIC, true],
  ['http://127.0.0.1:3000', '127.0.0.1:3000', HTTP, PUBLIC, true],
  ['http://[::1]:3000', '[::1]:3000', HTTP, PUBLIC, true],
  ['http://localhost:9999', 'localhost:3000', HTTP, PUBLIC, false],
  ['http://localhost:3000', 'crm.acme.example', HTTP, PUBLIC, false],
  ['http://localhost', 'localhost:80', HTTP, PUBLIC, true],
  ['https://localhost:3000', 'localhost:3000', 'https', PUBLIC, true],
  // The scheme is that of the connection, and the name is in the browser's form.
  ['https://localhost:3000', 'localhost:3000', HTTP, PUBLIC, false],
  ['http://localhost:3000', 'localhost:3000', 'https', PUBLIC, false],
  ['http://127.0.0.1:3000', 'localhost:3000', HTTP, PUBLIC, false],
  ['http://2130706433:3000', '2130706433:3000', HTTP, PUBLIC, false],
  ['http://0x7f.1:3000', '127.0.0.1:3000', HTTP, PUBLIC, false],
  ['http://127.0.0.999:3000', '127.0.0.999:3000', HTTP, PUBLIC, false],
  ['http://localhost.:3000', 'localhost.:3000', HTTP, PUBLIC, false],
  ['http://me@localhost:3000', 'localhost:3000', HTTP, PUBLIC, false],
  ['http://[::ffff:127.0.0.1]:3000', '[::ffff:127.0.0.1]:3000', HTTP, PUBLIC, false],
  ['null', 'crm.acme.example', HTTP, PUBLIC, false],
  ['http://crm.acme.example:3000', 'CRM.acme.example:3000', HTTP, '', true],
  // A proxy in front may use HTTPS without reporting it.
  ['https://crm.acme.example', 'crm.acme.example', HTTP, '', true],
  ['http://crm.acme.example', 'crm.acme.example', 'https', '', false],
  ['https://crm.acme.example', 'crm.acme.example:443', 'https', '', true],
  ['https://evil.example', 'crm.acme.example', HTTP, '', false],
  ['chrome-extension://crm.acme.example', 'crm.acme.example', HTTP, '', false],
] as const)(
  'Origin %s at Host %s over %s, public URL "%s": %s',
  (origin, host, protocol, publicUrl, ours) => {
    expect(isOurs(origin, { host, protocol }, publicUrl)).toBe(ours);
  },
);

describe('with FAIRLEAD_PUBLIC_URL', () => {
  let s: Scenario;
  let owner: SignedIn;
  beforeAll(async () => {
    s = await startScenario({ FAIRLEAD_PUBLIC_URL: PUBLIC });
    owner = await makeMember(s, 'owner');
  });
  afterAll(() => s.stop());

  const post = (path: string, headers: Record<string, string>, body: object) =>
    new Promise<number>((resolve, reject) => {
      const sent = request(s.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      });
      sent.on('response', (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
  const contact = { first_name: 'Jane' };
  const signIn = () => ({ email: owner.email, password: PASSWORD });

  test.each([
    ['https://evil.example', 'evil.example', 403],
    ['http://crm.acme.example', 'crm.acme.example', 403],
    [PUBLIC, 'crm.acme.example', 201],
  ])('a page of %s, whose name resolves to this server, gets %s → %i', async (origin, host, status) => {
    const headers = { origin, host };
    const { cookie } = owner;
    expect(await post('/api/v1/contacts', { ...headers, cookie }, contact)).toBe(status);
    expect(await post('/api/v1/session', headers, signIn())).toBe(status);
  });

  test('this machine is accepted at its own address', async () => {
    const headers = { origin: s.url, cookie: owner.cookie };
    expect(await post('/api/v1/contacts', headers, contact)).toBe(201);
  });
});
