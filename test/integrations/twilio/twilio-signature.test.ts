import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { verifyTwilioSignature } from '../../../src/integrations/twilio/twilio-signature.ts';
import { twiml } from '../../../src/integrations/twilio/twiml.ts';

// Twilio's own signer, independent of ours.
const { getExpectedTwilioSignature: sign } = createRequire(import.meta.url)(
  'twilio/lib/webhooks/webhooks.js',
) as { getExpectedTwilioSignature(token: string, url: string, params: object): string };

const TOKEN = '12345';
const NOTHING = Buffer.alloc(0);
const verify = (
  url: string,
  header: string | undefined,
  form: Record<string, string | string[]> | null,
  rawBody = NOTHING,
) => verifyTwilioSignature({ url, header, form, rawBody }, TOKEN);

describe('X-Twilio-Signature', () => {
  test("matches Twilio's published example", () => {
    const form = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(verify(url, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', form)).toBeNull();
  });

  const SMS_URL = 'https://crm.example.com/webhooks/twilio/1/sms';
  test.each<[string, string, string, Record<string, string | string[]>]>([
    ['nothing in the form', SMS_URL, SMS_URL, {}],
    ['an empty value', SMS_URL, SMS_URL, { Body: '', From: '+1' }],
    ['names by code unit, capitals first', SMS_URL, SMS_URL, { b: '1', B: '2', a: '3', _: '4' }],
    ['a value that occurs twice counts once', SMS_URL, SMS_URL, { a: ['2', '1', '2'] }],
    ['text of all scripts', SMS_URL, SMS_URL, { Body: 'Grüße 🙂 жук + & =' }],
    ['JSON as a value', SMS_URL, SMS_URL, { AddOns: '{"status":"successful","a":[1,"+"]}' }],
    ['the port that the proxy adds', SMS_URL, SMS_URL.replace('.com/', '.com:443/'), { a: '1' }],
    [
      'a port that Twilio leaves out',
      'https://crm.example.com:8443/x',
      'https://crm.example.com/x',
      { a: '1' },
    ],
    ['http and its port', 'http://crm.example.com/x', 'http://crm.example.com:80/x', { a: '1' }],
    ['the order of the query', `${SMS_URL}?b=2&a=1`, `${SMS_URL}?b=2&a=1`, { a: '1' }],
    ['a query with spaces as plus', `${SMS_URL}?a=x+y&c=%20`, `${SMS_URL}?a=x+y&c=%20`, { a: '1' }],
    ['a query that older systems encode again', `${SMS_URL}?a=x+y`, `${SMS_URL}?a=x%20y`, { a: '1' }],
    ['the password in the URL', 'https://u:p@crm.example.com/x', 'https://u:p@crm.example.com/x', { a: '1' }],
  ])('is verified: %s', (_name, ours, signed, form) => {
    expect(verify(ours, sign(TOKEN, signed, form), form)).toBeNull();
  });

  test.each<[string, string, string, Record<string, string>]>([
    ['a query that a proxy reorders', `${SMS_URL}?a=1&b=2`, `${SMS_URL}?b=2&a=1`, { a: '1' }],
    ['http in place of https', SMS_URL.replace('https', 'http'), SMS_URL, { a: '1' }],
    ['another path', `${SMS_URL}/x`, SMS_URL, { a: '1' }],
    ['another host', SMS_URL.replace('crm', 'www'), SMS_URL, { a: '1' }],
  ])('is refused, and the reason names our URL: %s', (_name, ours, signed, form) => {
    const problem = verify(ours, sign(TOKEN, signed, form), form);
    expect(problem).toContain(ours.split('?')[0]);
    expect(problem).not.toContain('?');
  });

  test('is refused: another token, another value, one more parameter, none at all', () => {
    const form = { a: '1' };
    expect(verify(SMS_URL, sign('other', SMS_URL, form), form)).not.toBeNull();
    expect(verify(SMS_URL, sign(TOKEN, SMS_URL, form), { a: '2' })).not.toBeNull();
    expect(verify(SMS_URL, sign(TOKEN, SMS_URL, form), { a: '1', b: '' })).not.toBeNull();
    expect(verify(SMS_URL, undefined, form)).toContain('missing');
  });

  test('of a JSON body: bodySHA256 in the URL has to be that of the body', () => {
    const body = Buffer.from('{"a":1}');
    const hash = createHash('sha256').update(body).digest('hex');
    const url = `${SMS_URL}?bodySHA256=${hash}`;
    expect(verify(url, sign(TOKEN, url, {}), null, body)).toBeNull();
    expect(verify(url, sign(TOKEN, url, {}), null, Buffer.from('{"a":2}'))).toContain('bodySHA256');
    expect(verify(SMS_URL, sign(TOKEN, SMS_URL, {}), null, body)).not.toBeNull();
  });
});

test('TwiML escapes what people chose, and leaves out what XML cannot hold', () => {
  const hostile = `O'Neil & "Sons" <Hangup/> \u0000\u001b\ud800 🙂 ]]>`;
  expect(twiml([{ name: 'Say', attributes: { voice: hostile }, content: hostile }])).toMatchInlineSnapshot(
    `"<?xml version="1.0" encoding="UTF-8"?><Response><Say voice="O&apos;Neil &amp; &quot;Sons&quot; &lt;Hangup/&gt;  🙂 ]]&gt;">O&apos;Neil &amp; &quot;Sons&quot; &lt;Hangup/&gt;  🙂 ]]&gt;</Say></Response>"`,
  );
});
