import { describe, expect, test } from 'vitest';
import { makePaypalCertificates } from '../../../src/integrations/paypal/paypal-certificate.ts';
import {
  makePaypalVerification,
  NEEDS_WEBHOOK_ID,
} from '../../../src/integrations/paypal/paypal-verification.ts';
import { ConnectionError } from '../../../src/net/connection-failure.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../src/net/http-client.ts';
import { makeCertificate, type CertificateInput, type TestCertificate } from '../../kit/certificate.ts';
import { PAYPAL_CERT_URL, paypalHeaders, type PaypalSigning } from '../../kit/paypal.ts';

const WEBHOOK_ID = '1JE4291016473214C';
const NOW = Date.parse('2026-06-01T12:00:00Z');
const BODY = '{"id":"WH-1","summary":"größe","amount":1.0}';
const HOST = 'messageverificationcerts.paypal.com';

const root = makeCertificate({ subject: 'Test Root', isAuthority: true });
const intermediate = makeCertificate({ subject: 'Test Intermediate', issuer: root, isAuthority: true });
const leaf = issue({});

function issue(input: Partial<CertificateInput>): TestCertificate {
  return makeCertificate({ subject: HOST, issuer: intermediate, ...input });
}

interface Sent {
  url: string;
  request: HttpRequest | undefined;
}

/** Verifies requests with a PayPal that answers with `answer`. */
function verifier(
  answer: (url: string) => Partial<HttpResponse> | Promise<never> = () => ({
    body: Buffer.from(leaf.pem + intermediate.pem),
  }),
) {
  const sent: Sent[] = [];
  const time = { now: NOW };
  const http: HttpClient = async (url, request) => {
    sent.push({ url, request });
    return { status: 200, headers: {}, body: Buffer.alloc(0), ...(await answer(url)) };
  };
  const now = () => time.now;
  const certificates = makePaypalCertificates({ roots: [root.pem], now });
  const verification = makePaypalVerification({ certificates, now });
  const verify = (
    signing: Partial<PaypalSigning> = {},
    {
      received = signing.body ?? BODY,
      settings = { webhook_id: WEBHOOK_ID },
      secrets = {},
      headers = {},
    }: {
      received?: string | Buffer;
      settings?: Record<string, unknown>;
      secrets?: Record<string, string>;
      headers?: Record<string, string | undefined>;
    } = {},
  ) => {
    const signed = paypalHeaders({
      body: BODY,
      webhookId: WEBHOOK_ID,
      certificate: leaf,
      time: new Date(time.now).toISOString(),
      ...signing,
    });
    const rawBody = Buffer.from(received);
    const request = {
      method: 'POST',
      headers: { ...signed, ...headers },
      url: '',
      rawBody,
      body: undefined,
      form: null,
      text: rawBody.toString(),
    };
    return verification(request, { settings, secrets }, { http });
  };
  return { verify, sent, time };
}

describe('a webhook of PayPal is verified offline', () => {
  test('with the certificate at PAYPAL-CERT-URL, which is fetched once and kept until it expires', async () => {
    const { verify, sent, time } = verifier();
    await expect(Promise.all([verify(), verify(), verify()])).resolves.toEqual([null, null, null]);
    expect(sent.map(({ url }) => url)).toEqual([PAYPAL_CERT_URL]);
    time.now = Date.parse('2048-12-31T00:00:00Z');
    await expect(verify()).resolves.toBeNull();
    expect(sent).toHaveLength(1);
    time.now = Date.parse('2049-01-02T00:00:00Z');
    await expect(verify()).resolves.toBe("PayPal's certificate has expired, or is not valid yet.");
    expect(sent).toHaveLength(2);
  });

  test('where the CRC-32 of the body is beyond 2^31, as an unsigned decimal', async () => {
    const { verify } = verifier();
    await expect(verify({ body: '123456789', crc: '3421780262' })).resolves.toBeNull();
    await expect(verify({ body: '123456789', crc: '-873187034' })).resolves.toContain('does not match');
  });

  test('over the bytes as sent: JSON that a proxy wrote again has another signature', async () => {
    const { verify } = verifier();
    await expect(verify({}, { received: JSON.stringify(JSON.parse(BODY)) })).resolves.toBe(
      'The signature does not match: the webhook ID is another one, or the body was changed on its way, such as by a proxy.',
    );
  });

  test.each<[string, Partial<PaypalSigning>, string]>([
    ['of another webhook', { webhookId: '8PT597110X687430L' }, 'the webhook ID is another one'],
    ['with another key', { certificate: issue({}) }, 'does not match'],
    ['with SHA-1', { algorithm: 'SHA1withRSA' }, 'PAYPAL-AUTH-ALGO is not SHA256withRSA.'],
    ['of 4 days ago', { time: '2026-05-28T11:59:59Z' }, 'more than 4 days ago'],
    ['of tomorrow', { time: '2026-06-02T12:00:01Z' }, 'in the future'],
    ['without a time', { time: 'soon' }, 'not a time'],
    ["of PayPal's simulator", { webhookId: 'WEBHOOK_ID' }, "A mock event of PayPal's Webhooks Simulator"],
  ])('not one %s', async (_name, signing, problem) => {
    await expect(verifier().verify(signing)).resolves.toContain(problem);
  });

  test('one of almost 4 days ago is accepted: PayPal repeats events for 3 days', async () => {
    await expect(verifier().verify({ time: '2026-05-28T12:00:01Z' })).resolves.toBeNull();
  });

  test.each(['transmission-id', 'transmission-time', 'transmission-sig', 'cert-url', 'auth-algo'])(
    'not one without PAYPAL-%s',
    async (name) => {
      const { verify, sent } = verifier();
      await expect(verify({}, { headers: { [`paypal-${name}`]: undefined } })).resolves.toContain(
        'no PAYPAL-TRANSMISSION-… headers',
      );
      expect(sent).toEqual([]);
    },
  );

  test('not before the connection has a webhook ID, and the reason says where it is', async () => {
    await expect(verifier().verify({}, { settings: {} })).resolves.toBe(NEEDS_WEBHOOK_ID);
    await expect(verifier().verify({ webhookId: '' }, { settings: {} })).resolves.toBe(NEEDS_WEBHOOK_ID);
  });

  test('not one of the sandbox at a connection for live payments, and the reverse', async () => {
    const certificateUrl = PAYPAL_CERT_URL.replace('api.', 'api.sandbox.');
    const sandbox = { webhook_id: WEBHOOK_ID, mode: 'sandbox' };
    const { verify } = verifier();
    await expect(verify({ certificateUrl })).resolves.toContain("one of PayPal's sandbox");
    await expect(verify({ certificateUrl }, { settings: sandbox })).resolves.toBeNull();
    await expect(verify({}, { settings: sandbox })).resolves.toContain('one of a live account');
  });
});

describe("PayPal's certificate", () => {
  test.each([
    'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1',
    'https://evil.example/v1/notifications/certs/CERT-1',
    'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
    'https://user:password@api.paypal.com/v1/notifications/certs/CERT-1',
    'https://evilapi.paypal.com.example/v1/notifications/certs/CERT-1',
    'http://api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com:8443/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/../../oauth2/token',
    'https://api.paypal.com/v1/notifications/certs/a/b',
    'https://api.paypal.com/v1/notifications/certs/CERT-1?next=1',
    'https://api.paypal.com./v1/notifications/certs/CERT-1',
    'file:///etc/passwd',
    'CERT-1',
  ])('is never fetched from %s', async (certificateUrl) => {
    const { verify, sent } = verifier();
    const app = { webhook_id: WEBHOOK_ID, client_id: 'id' };
    await expect(
      verify({ certificateUrl }, { settings: app, secrets: { client_secret: 'secret' } }),
    ).resolves.toBe(
      'PAYPAL-CERT-URL is not a certificate of PayPal: it must be at api.paypal.com or api.sandbox.paypal.com.',
    );
    expect(sent).toEqual([]);
  });

  test.each<[string, () => Bundle, string | null]>([
    ['that a root issued is accepted', () => bundle({ issuer: root }), null],
    ['with a chain in any order after it is accepted', () => bundle({}, root, intermediate), null],
    ['with its host as a DNS name is accepted', () => named('other.example', HOST), null],
    [
      'that has expired is refused',
      () => bundle({ validTo: '2026-05-31T00:00:00Z' }, intermediate),
      'expired',
    ],
    [
      'that is not valid yet is refused',
      () => bundle({ validFrom: '2026-06-02T00:00:00Z' }, intermediate),
      'not valid yet',
    ],
    [
      'of another host is refused',
      () => bundle({ subject: `${HOST}.evil.example` }, intermediate),
      'not issued to',
    ],
    [
      'of a host that only ends alike is refused',
      () => bundle({ subject: 'evilpaypal.com' }, intermediate),
      'not issued to',
    ],
    ['with a short key is refused', () => bundle({ keyBits: 1_024 }, intermediate), 'at least 2048 bits'],
    ['without its chain is refused', () => bundle({}), 'not issued by a certificate authority'],
    ['that it signed itself is refused', () => bundle({ issuer: undefined }), 'not issued by'],
    [
      'of an unknown authority is refused',
      () => signedBy({ subject: 'Test Root', isAuthority: true }),
      'not issued by',
    ],
    [
      'signed by an ordinary certificate is refused',
      () => signedBy({ subject: 'evil.example', issuer: root }),
      'not issued by',
    ],
    ['signed by an impostor of its authority is refused', () => ofImpostor(), 'not issued by'],
    ['that is no PEM is refused', () => [leaf, '<html>'], 'not in PEM format'],
    ['that is broken is refused', () => [leaf, leaf.pem.replace(/[A-Z]{3}/, '===')], 'not in PEM format'],
  ])('%s', async (_name, make, problem) => {
    const [certificate, pem] = make();
    const { verify } = verifier(() => ({ body: Buffer.from(pem) }));
    const result = await verify({ certificate });
    expect(result ?? ACCEPTED).toContain(problem ?? ACCEPTED);
  });

  test('by a redirect is refused, and nothing else is fetched', async () => {
    const { verify, sent } = verifier(() => ({
      status: 302,
      headers: { location: 'https://evil.example/' },
    }));
    await expect(verify()).resolves.toBe("PayPal's certificate could not be fetched: the URL redirects.");
    expect(sent).toHaveLength(1);
  });

  test('that could not be fetched is tried again after a minute, not at every request', async () => {
    let isDown = true;
    const { verify, sent, time } = verifier(() =>
      isDown
        ? Promise.reject(new ConnectionError('refused', 'the connection was refused'))
        : { body: Buffer.from(leaf.pem + intermediate.pem) },
    );
    await expect(verify()).resolves.toBe("PayPal's certificate could not be fetched.");
    isDown = false;
    await expect(verify()).resolves.toBe("PayPal's certificate could not be fetched.");
    expect(sent).toHaveLength(1);
    time.now += 60_001;
    await expect(verify()).resolves.toBeNull();
  });

  test('of many URLs is fetched four at a time, and they do not displace the right one', async () => {
    const { verify, sent } = verifier((url) =>
      url === PAYPAL_CERT_URL ? { body: Buffer.from(leaf.pem + intermediate.pem) } : { status: 404 },
    );
    await expect(verify()).resolves.toBeNull();
    const others = Array.from({ length: 150 }, (_, n) => `${PAYPAL_CERT_URL}${n}`);
    const results = await Promise.all(others.map((certificateUrl) => verify({ certificateUrl })));
    expect(results.filter((result) => result?.includes('too many'))).toHaveLength(146);
    expect(sent).toHaveLength(5);
    for (const certificateUrl of others) await verify({ certificateUrl });
    const before = sent.length;
    await expect(verify()).resolves.toBeNull();
    expect(sent).toHaveLength(before);
  });

  test('may be pasted: then nothing is fetched, and its dates and its host still count', async () => {
    const pasted = makeCertificate({ subject: HOST });
    const { verify, sent } = verifier();
    // As a form with one line has it.
    const settings = { webhook_id: WEBHOOK_ID, certificate: pasted.pem.replaceAll('\n', ' ') };
    await expect(verify({ certificate: pasted }, { settings })).resolves.toBeNull();
    await expect(verify({}, { settings })).resolves.toContain('does not match');
    for (const [input, problem] of [
      [{ subject: HOST, validTo: '2026-05-31T00:00:00Z' }, 'has expired'],
      [{ subject: 'example.com' }, 'not issued to a host of paypal.com'],
    ] as const) {
      const other = makeCertificate(input);
      const changed = { ...settings, certificate: other.pem };
      await expect(verify({ certificate: other }, { settings: changed })).resolves.toContain(problem);
    }
    expect(sent).toEqual([]);
  });
});

/** In place of the reason of a request that is verified. */
const ACCEPTED = 'accepted';

/** A certificate, and the text in which it is found. */
type Bundle = [certificate: TestCertificate, pem: string];

function bundle(input: Partial<CertificateInput>, ...chain: TestCertificate[]): Bundle {
  const certificate = issue(input);
  return [certificate, [certificate, ...chain].map(({ pem }) => pem).join('')];
}

function named(...dnsNames: string[]): Bundle {
  return bundle({ subject: 'PayPal', dnsNames }, intermediate);
}

function signedBy(input: CertificateInput): Bundle {
  const issuer = makeCertificate(input);
  return bundle({ issuer }, issuer);
}

/** Another key signed, under the name of the authority. */
function ofImpostor(): Bundle {
  const impostor = makeCertificate({ subject: 'Test Intermediate', isAuthority: true });
  return bundle({ issuer: impostor }, intermediate);
}

describe('where the certificate cannot be had', () => {
  const app = { webhook_id: WEBHOOK_ID, client_id: 'client', mode: 'sandbox' };
  const secrets = { client_secret: 'geheim' };
  const certificateUrl = PAYPAL_CERT_URL.replace('api.', 'api.sandbox.');

  /** Without certificates, with an API that gives `status`. */
  function paypal(status: string, tokenStatus = 200) {
    return verifier((url) => {
      if (url.endsWith('/v1/oauth2/token'))
        return { status: tokenStatus, body: Buffer.from('{"access_token":"A21"}') };
      if (url.endsWith('/verify-webhook-signature'))
        return { body: Buffer.from(JSON.stringify({ verification_status: status })) };
      return { status: 503 };
    });
  }

  test('PayPal is asked with the credentials of the app, and gets the body as sent', async () => {
    const { verify, sent } = paypal('SUCCESS');
    const body = '{"amount": 1.0, "b":"\\u00e4"}';
    await expect(verify({ certificateUrl, body }, { settings: app, secrets })).resolves.toBeNull();
    const [, token, verification] = sent;
    expect(token!.url).toBe('https://api-m.sandbox.paypal.com/v1/oauth2/token');
    expect(token!.request!.headers!['authorization']).toBe(
      `Basic ${Buffer.from('client:geheim').toString('base64')}`,
    );
    expect(verification!.url).toBe(
      'https://api-m.sandbox.paypal.com/v1/notifications/verify-webhook-signature',
    );
    expect(verification!.request!.headers!['authorization']).toBe('Bearer A21');
    const text = String(verification!.request!.body);
    expect(text).toContain(`"webhook_event":${body}}`);
    expect(JSON.parse(text)).toMatchObject({ webhook_id: WEBHOOK_ID, cert_url: certificateUrl });
  });

  test('a signature that PayPal calls wrong is refused, and so are wrong credentials', async () => {
    const options = { settings: app, secrets };
    await expect(paypal('FAILURE').verify({ certificateUrl }, options)).resolves.toContain('is wrong');
    await expect(paypal('SUCCESS', 401).verify({ certificateUrl }, options)).resolves.toContain(
      'refused the client ID',
    );
  });

  test('nothing is asked without credentials, without a webhook ID, and for a certificate that is wrong', async () => {
    for (const [settings, stored] of [
      [app, {}],
      [{ ...app, client_id: '' }, secrets],
      [{ ...app, webhook_id: '' }, secrets],
    ] as const) {
      const { verify, sent } = paypal('SUCCESS');
      await expect(verify({ certificateUrl }, { settings, secrets: stored })).resolves.toContain(
        'could not be fetched',
      );
      expect(sent).toHaveLength(1);
    }
    const { verify, sent } = verifier(() => ({
      body: Buffer.from(makeCertificate({ subject: 'evil' }).pem),
    }));
    await expect(verify({ certificateUrl }, { settings: app, secrets })).resolves.toContain('not issued to');
    expect(sent).toHaveLength(1);
  });
});
