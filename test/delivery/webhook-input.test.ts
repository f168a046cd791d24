import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCase, startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

describe('bad input of a webhook', () => {
  const good = { name: 'x', url: 'https://example.com/hook', events: ['*'] };
  test.each([
    ['no name', { ...good, name: undefined }, ['name']],
    ['an empty name', { ...good, name: ' ' }, ['name']],
    ['no url', { ...good, url: undefined }, ['url']],
    ['plain HTTP to a public address', { ...good, url: 'http://93.184.216.34/' }, ['url']],
    ['a private address', { ...good, url: 'https://10.0.0.1/' }, ['url']],
    ['the metadata address', { ...good, url: 'https://169.254.169.254/latest' }, ['url']],
    ['a decimal address', { ...good, url: 'https://167772161/' }, ['url']],
    ['an octal address', { ...good, url: 'https://012.0.0.1/' }, ['url']],
    ['a mapped address', { ...good, url: 'https://[::ffff:10.0.0.1]/' }, ['url']],
    ['NAT64', { ...good, url: 'https://[64:ff9b::a00:1]/' }, ['url']],
    ['credentials in the URL', { ...good, url: 'https://user:pass@example.com/' }, ['url']],
    ['another scheme', { ...good, url: 'file:///etc/passwd' }, ['url']],
    ['no events', { ...good, events: [] }, ['events']],
    ['an unknown event', { ...good, events: ['contact.created', 'contact.sneezed'] }, ['events.1']],
    ['webhook.test', { ...good, events: ['webhook.test'] }, ['events.0']],
    ['an unknown format', { ...good, format: 'pigeon' }, ['format']],
    ['an unknown method', { ...good, method: 'GET' }, ['method']],
    ['an unknown field', { ...good, colour: 'red' }, ['colour']],
    ['an unknown content type', { ...good, content_type: 'text/xml' }, ['content_type']],
    [
      'retries over ten weeks',
      { ...good, retry: { max: 10, intervals_s: [604_800] } },
      ['retry.intervals_s'],
    ],
    ['an interval of zero', { ...good, retry: { intervals_s: [5, 0] } }, ['retry.intervals_s.1']],
    ['a 410 that does not disable in standard', { ...good, disable_on_410: false }, ['disable_on_410']],
    ['no secret in a format that is always signed', { ...good, secret: null }, ['secret']],
    ['a filter that is a list', { ...good, filter: [] }, ['filter']],
    ['a filter with an unknown op', { ...good, filter: { field: 'a', op: 'is', value: 1 } }, ['filter.op']],
    ['too many retries', { ...good, retry: { max: 11 } }, ['retry.max']],
    ['a timeout of a second', { ...good, timeout_s: 1 }, ['timeout_s']],
    ['a line break in a header', { ...good, headers: { 'X-A': 'a\r\nb' } }, ['headers.X-A']],
    ['a broken header name', { ...good, headers: { 'X A': 'a' } }, ['headers.X A']],
    ['the same header twice', { ...good, headers: { 'X-A': 'a', 'x-a': 'b' } }, ['headers.x-a']],
  ])('%s is a 400 that names the field', async (_name, body, fields) => {
    await runCase(s, {
      name: '',
      method: 'POST',
      path: HOOKS,
      body,
      status: 400,
      code: 'validation_error',
      fields,
    });
  });

  test('the server itself is refused as a receiver when the delivery is dialled', async () => {
    const { status } = await s.ask('POST', HOOKS, { body: { ...good, url: `${s.url}/api/v1/contacts` } });
    expect(status).toBe(400);
  });
});
