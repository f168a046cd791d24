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

  const URL_ = 'https://crm.example.com/webhooks/twilio/1/sms';
  test.each<[string, string, string, Record<string, string | string[]>]>([
    ['nothing in the form', URL_, URL_, {}],
    ['an empty value', URL_, URL_, { Body: '', From: '+1' }],
    ['names by code unit, capitals first', URL_, URL_, { b: '1', B: '2', a: '3', _: '4' }],
    ['a value that occurs twice counts once', URL_, URL_, { a: ['2', '1', '2'] }],
    ['text of all scripts', URL_, URL_, { Body: 'Grüße 🙂 жук + & =' }],
    ['JSON as a value', URL_, URL_, { AddOns: '{"status":"successful","a":[1,"+"]}' }],
    ['the port that the proxy adds', URL_, `${URL_.replace('.com/', '.com:443/')}`, { a: '1' }],
    [
      'a port that Twilio leaves out',
      'https://crm.example.com:8443/x',
      'https://crm.example.com/x',
      { a: '1' },
    ],
    ['http and its port', 'http://crm.example.com/x', 'http://crm.example.com:80/x', { a: '1' }],
    ['the order of the query', `${URL_}?b=2&a=1`, `${URL_}?b=2&a=1`, { a: '1' }],
    ['a query with spaces as plus', `${URL_}?a=x+y&c=%20`, `${URL_}?a=x+y&c=%20`, { a: '1' }],
    ['a query that older systems encode again', `${URL_}?a=x+y`, `${URL_}?a=x%20y`, { a: '1' }],
    ['the password in the URL', 'https://u:p@crm.example.com/x', 'https://u:p@crm.example.com/x', { a: '1' }],
  ])('is verified: %s', (_name, ours, signed, form) => {
    expect(verify(ours, sign(TOKEN, signed, form), form)).toBeNull();
  });

  test.each<[string, string, string, Record<string, string>]>([
    ['a query that a proxy reorders', `${URL_}?a=1&b=2`, `${URL_}?b=2&a=1`, { a: '1' }],
    ['http in place of https', URL_.replace('https', 'http'), URL_, { a: '1' }],
    ['another path', `${URL_}/x`, URL_, { a: '1' }],
    ['another host', URL_.replace('crm', 'www'), URL_, { a: '1' }],
  ])('is refused, and the reason names our URL: %s', (_name, ours, signed, form) => {
    const problem = verify(ours, sign(TOKEN, signed, form), form);
    expect(problem).toContain(ours.split('?')[0]);
    expect(problem).not.toContain('?');
  });

  test('is refused: another token, another value, one more parameter, none at all', () => {
    const form = { a: '1' };
    expect(verify(URL_, sign('other', URL_, form), form)).not.toBeNull();
    expect(verify(URL_, sign(TOKEN, URL_, form), { a: '2' })).not.toBeNull();
    expect(verify(URL_, sign(TOKEN, URL_, form), { a: '1', b: '' })).not.toBeNull();
    expect(verify(URL_, undefined, form)).toContain('missing');
  });

  test('of a JSON body: bodySHA256 in the URL has to be that of the body', () => {
    const body = Buffer.from('{"a":1}');
    const hash = createHash('sha256').update(body).digest('hex');
    const url = `${URL_}?bodySHA256=${hash}`;
    expect(verify(url, sign(TOKEN, url, {}), null, body)).toBeNull();
    expect(verify(url, sign(TOKEN, url, {}), null, Buffer.from('{"a":2}'))).toContain('bodySHA256');
    expect(verify(URL_, sign(TOKEN, URL_, {}), null, body)).not.toBeNull();
  });
});

test('TwiML escapes what people chose, and leaves out what XML cannot hold', () => {
  const hostile = `O'Neil & "Sons" <Hangup/> \u0000\u001b\ud800 🙂 ]]>`;
  expect(twiml([{ name: 'Say', attributes: { voice: hostile }, content: hostile }])).toMatchInlineSnapshot(
    `"<?xml version="1.0" encoding="UTF-8"?><Response><Say voice="O&apos;Neil &amp; &quot;Sons&quot; &lt;Hangup/&gt;  🙂 ]]&gt;">O&apos;Neil &amp; &quot;Sons&quot; &lt;Hangup/&gt;  🙂 ]]&gt;</Say></Response>"`,
  );
});
