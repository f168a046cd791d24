import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { sendForm, tokenOf } from '../kit/visitor.ts';

const FIELDS = [
  { key: 'first_name', label: 'First name', type: 'text', required: true },
  { key: 'email', label: 'Email', type: 'email' },
  { key: 'event_date', label: 'Date', type: 'date' },
  { key: 'hall', label: 'Hall', type: 'select', options: ['Long', 'Short', 'Blue'], maps_to: null },
  { key: 'interests', label: 'Interests', type: 'text', maps_to: 'custom_fields.interests' },
  { key: 'guests', label: 'Guests', type: 'number', maps_to: 'custom_fields.guests' },
  { key: 'newsletter', label: 'News', type: 'checkbox', maps_to: 'custom_fields.newsletter' },
  { key: 'notes', label: 'Notes', type: 'textarea' },
];
const URLENCODED = 'application/x-www-form-urlencoded';

let s: Scenario;
let formId: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
  formId = await makeForm();
});
afterAll(() => s.stop());

async function makeForm(more: object = {}): Promise<string> {
  const { status, text, json } = await s.ask('POST', '/api/v1/forms', {
    body: { name: 'Enquiries', fields: FIELDS, ...more },
  });
  expect(status, text).toBe(201);
  return json.id as string;
}

let visitors = 0;
/** Sends a form as a browser does, each time from another IP address. */
async function send(body: RequestInit['body'], more: Record<string, string> = {}, id = formId) {
  visitors += 1;
  const headers = { origin: s.url, 'x-forwarded-for': `198.51.100.${visitors}`, ...more };
  const reply = await fetch(`${s.url}/f/${id}`, { method: 'POST', redirect: 'manual', headers, body: body! });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}
const urlencoded = (sent: string, charset = '') =>
  send(`_token=${tokenOf(formId)}&${sent}`, { 'content-type': URLENCODED + charset });
const newest = async (id = formId) =>
  (await s.ask('GET', `/api/v1/forms/${id}/submissions?limit=1`)).json.data[0]?.fields;

describe('a page’s body is decoded as declared', () => {
  test.each([
    ['UTF-8', '', 'first_name=Jos%C3%A9'],
    ['Latin-1', '; charset=iso-8859-1', 'first_name=Jos%E9'],
    ['what _charset_ says', '', 'first_name=Jos%E9&_charset_=windows-1252'],
  ])('%s', async (_name, charset, sent) => {
    const reply = await urlencoded(sent, charset);
    expect(reply.status, reply.text).toBe(303);
    expect(await newest()).toEqual({ first_name: 'José', newsletter: false });
  });

  test('multipart, and with Content-Encoding', async () => {
    const body = new FormData();
    body.append('_token', tokenOf(formId));
    body.append('first_name', 'Zoë');
    body.append('interests', 'a');
    body.append('interests', 'b');
    expect((await send(body)).status).toBe(303);
    expect(await newest()).toMatchObject({ first_name: 'Zoë', interests: 'a, b' });
    const coded = gzipSync(`_token=${tokenOf(formId)}&first_name=Gustav`);
    const headers = { 'content-type': URLENCODED, 'content-encoding': 'gzip' };
    expect((await send(coded, headers)).status).toBe(303);
    expect(await newest()).toMatchObject({ first_name: 'Gustav' });
  });

  test.each<[string, () => ReturnType<typeof send>, number, string]>([
    [
      'Latin-1 that is not declared',
      () => urlencoded('first_name=Jos%E9'),
      400,
      'First name is not valid UTF-8',
    ],
    ['too many fields', () => urlencoded('a=1&'.repeat(201)), 400, 'body: must have at most 200 fields'],
    ['a charset that is none', () => urlencoded('first_name=J', '; charset=klingon'), 415, 'klingon'],
    [
      'plain text',
      () => send('first_name=Jane', { 'content-type': 'text/plain' }),
      415,
      'multipart/form-data',
    ],
    ['too much', () => urlencoded(`first_name=${'x'.repeat(1024 * 1024)}`), 413, '1 MiB'],
    [
      'an unknown coding',
      () => send('x', { 'content-type': URLENCODED, 'content-encoding': 'zstd' }),
      415,
      'Content-Encoding',
    ],
  ])(
    '%s: answered with a page that shows the error, and nothing is stored',
    async (_name, ask, status, says) => {
      const before = await newest();
      const reply = await ask();
      expect(reply.status).toBe(status);
      expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(reply.text).toContain(says);
      expect(await newest()).toEqual(before);
    },
  );

  test('a file is refused with a page that names the field', async () => {
    const body = new FormData();
    body.append('first_name', 'Jane');
    body.append('interests', new Blob(['GIF89a']), 'a.gif');
    const reply = await send(body);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('Interests is a file');
  });
});

describe('a repeated field', () => {
  test.each([
    [
      'a group of checkboxes',
      'interests[]=Cake&interests[]=Music&interests[]=Cake',
      { interests: 'Cake, Music' },
    ],
    ['the same without brackets', 'interests=Cake&interests=Music', { interests: 'Cake, Music' }],
    ['one of a group', 'interests[]=Cake', { interests: 'Cake' }],
    ['several options', 'hall=Long&hall=Blue', { hall: 'Long, Blue' }],
    ['lines', 'notes=a&notes=b', { notes: 'a, b' }],
    ['the same twice', 'email=j@acme.example&email=j@acme.example', { email: 'j@acme.example' }],
    ['one that was left empty', 'event_date=&event_date=2026-08-15', { event_date: '2026-08-15' }],
    ['a hidden false before the box', 'newsletter=false&newsletter=true', { newsletter: true }],
    ['a hidden false alone', 'newsletter=false&newsletter=', { newsletter: false }],
    ['numbers that are the same', 'guests=8&guests=8', { guests: 8 }],
  ])('%s: %s', async (_name, sent, values) => {
    const reply = await urlencoded(`first_name=Jane&${sent}`);
    expect(reply.status, reply.text).toBe(303);
    expect(await newest()).toMatchObject(values);
  });

  test.each([
    ['email', 'email=a@acme.example&email=b@acme.example'],
    ['event_date', 'event_date=2026-08-15&event_date=2026-08-16'],
    ['guests', 'guests=8&guests=9'],
    ['hall', 'hall=Long&hall=None'],
    ['newsletter', 'newsletter=true&newsletter=maybe'],
    ['interests', `interests=${'x'.repeat(600)}&interests=${'y'.repeat(600)}`],
  ])('%s that can be one alone is shown again, and nothing is kept', async (field, sent) => {
    const before = await newest();
    const reply = await urlencoded(`first_name=Jane&${sent}`);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(`id="error-${field}"`);
    expect(await newest()).toEqual(before);
  });
});

describe('a field that the form does not have', () => {
  test('is stored with the submission as sent, and nowhere else', async () => {
    await s.newEvents();
    const reply = await urlencoded(
      'first_name=Jane&gclid=abc&extra=%20x%20&extra=%00&toString=1&utm_source=ads',
    );
    expect(reply.status, reply.text).toBe(303);
    const fields = await newest();
    const { data } = (await s.ask('GET', '/api/v1/event-log?type=form.submitted&limit=1')).json;
    const answers = { first_name: 'Jane', newsletter: false };
    expect(fields).toEqual({ gclid: 'abc', extra: [' x ', '\0'], toString: '1', ...answers });
    expect(data[0].data.fields).toEqual(answers);
    expect(data[0].data.custom_fields).toEqual({ newsletter: false });
  });

  test('is kept when a quarantined submission is accepted', async () => {
    const id = await makeForm();
    const sent = `_token=${tokenOf(id)}&first_name=Jane&website=https%3A%2F%2Fspam.example&gclid=abc`;
    expect((await send(sent, { 'content-type': URLENCODED }, id)).status).toBe(303);
    const path = `/api/v1/forms/${id}/submissions`;
    const [spam] = (await s.ask('GET', `${path}?spam=true`)).json.data;
    const fields = { first_name: 'Jane', newsletter: false, gclid: 'abc' };
    expect(spam.fields).toEqual(fields);
    expect((await s.ask('POST', `${path}/${spam.id}/accept`)).status).toBe(200);
    expect(await newest(id)).toEqual(fields);
    const { data } = (await s.ask('GET', '/api/v1/event-log?type=form.submitted&limit=1')).json;
    expect(data[0].data.fields).toEqual({ first_name: 'Jane', newsletter: false });
  });

  test('is bounded: more than 16,384 characters are refused', async () => {
    const reply = await urlencoded(`first_name=Jane&junk=${'x'.repeat(17_000)}`);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('16384');
  });
});

describe('addresses of other sites', () => {
  const path = () => `/api/v1/forms/${formId}`;

  test.each([
    'https://*',
    'https://*.acme.example',
    'https://a;script-src',
    'https://a,b.example',
    "https://a'b.example",
    'https://a"b.example',
    'https://user@acme.example',
    'https://:word@acme.example',
    'https://acme.example?',
    'https://acme.example#',
    'https://acme.example/a',
    'https://acme .example',
    ' https://acme.example',
    'https://acme\n.example',
    'javascript:alert(1)',
    'ftp://acme.example',
    'null',
    '*',
    '',
  ])('%j is no origin', async (origin) => {
    for (const [method, at] of [
      ['POST', '/api/v1/forms'],
      ['POST', '/api/v1/forms/preview'],
      ['PATCH', path()],
    ] as const) {
      const body = { name: 'F', fields: FIELDS, allowed_origins: ['https://ok.example', origin] };
      const reply = await s.ask(method, at, { body });
      expect(reply.status, reply.text).toBe(400);
      expect(reply.json.error.fields).toMatchObject([{ field: 'allowed_origins.1' }]);
    }
  });

  test.each([
    'https://*/thanks',
    'https://*.acme.example/',
    'https://a;script-src/x',
    'https://user:word@acme.example/',
    'http://acme.example/',
    '/thanks',
    'https://acme.example/\ud800',
    'https://acme.example/\0',
    `https://acme.example/${'é'.repeat(1500)}`,
    '',
  ])('%j is nowhere to go', async (url) => {
    for (const [method, at] of [
      ['POST', '/api/v1/forms'],
      ['PATCH', path()],
    ] as const) {
      const reply = await s.ask(method, at, { body: { name: 'F', fields: FIELDS, redirect_url: url } });
      expect(reply.status, reply.text).toBe(400);
      expect(reply.json.error.fields).toMatchObject([{ field: 'redirect_url' }]);
    }
  });

  test('hosts and paths outside ASCII are encoded for headers, and redirects work', async () => {
    const id = await makeForm({
      redirect_url: 'https://bücher.example/danke schön/日本?q=€',
      allowed_origins: ['https://BÜCHER.example:443', 'http://[::1]:8080', 'https://a_b.example'],
    });
    const url = 'https://xn--bcher-kva.example/danke%20sch%C3%B6n/%E6%97%A5%E6%9C%AC?q=%E2%82%AC';
    const origins = ['https://xn--bcher-kva.example', 'http://[::1]:8080', 'https://a_b.example'];
    const stored = (await s.ask('GET', `/api/v1/forms/${id}`)).json;
    expect(stored).toMatchObject({ redirect_url: url, allowed_origins: origins });
    const reply = await send(new URLSearchParams({ _token: tokenOf(id), first_name: 'Jane' }), {}, id);
    expect([reply.status, reply.headers.get('location')]).toEqual([303, url]);
  });

  test('addresses that 0.1.0 accepted are in no header; the form works, and can be sent back as read', async () => {
    const id = await makeForm();
    const bad = ['https://*', 'https://a;script-src', 'https://ok.example'];
    const store = (url: string) =>
      s.db.pool.query(
        `update form set redirect_url = $1, allowed_origins = $2 where id = (
           select form_id from form_address where replace(form_id::text, '-', '') = $3)`,
        [url, bad, id.slice('form_'.length)],
      );
    await store('https://*/thanks');
    const page = await fetch(`${s.url}/f/${id}`);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("form-action 'self';");
    expect(policy).toContain("frame-ancestors 'self' https://ok.example");
    expect(policy).not.toMatch(/\*|script-src https/);
    const sent = () => new URLSearchParams({ _token: tokenOf(id), first_name: 'Jane' });
    expect((await send(sent(), {}, id)).headers.get('location')).toBe(`/f/${id}/thanks`);
    expect((await sendForm(s, id, { first_name: 'Jane' })).json).not.toHaveProperty('redirect_url');

    const read = (await s.ask('GET', `/api/v1/forms/${id}`)).json;
    expect(read).toMatchObject({ redirect_url: 'https://*/thanks', allowed_origins: bad });
    const back = await s.ask('PUT', `/api/v1/forms/${id}`, { body: { ...read, name: 'Renamed' } });
    expect(back.status, back.text).toBe(200);
    expect(back.json).toMatchObject({
      name: 'Renamed',
      redirect_url: 'https://*/thanks',
      allowed_origins: bad,
    });

    // Outside Latin-1: 0.1.0 stored the lead and answered 500.
    await store('https://acme.example/日本');
    const encoded = 'https://acme.example/%E6%97%A5%E6%9C%AC';
    expect((await send(sent(), {}, id)).headers.get('location')).toBe(encoded);
    expect((await sendForm(s, id, { first_name: 'Jane' })).json.redirect_url).toBe(encoded);
  });

  test('a field may have the name of a JavaScript property', async () => {
    const odd = { key: 'constructor', label: 'Who builds it?', type: 'text', maps_to: null };
    const id = await makeForm({ fields: [...FIELDS, odd] });
    expect((await sendForm(s, id, { first_name: 'Jane' })).status).toBe(201);
    expect(await newest(id)).not.toHaveProperty('constructor', expect.anything());
  });
});
