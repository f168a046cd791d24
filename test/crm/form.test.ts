import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dropOldQuarantine } from '../../src/crm/forms/form-quarantine.ts';
import { html } from '../../src/crm/forms/html.ts';
import { makeMember } from '../kit/member.ts';
import { startReceiver } from '../kit/receiver.ts';
import { ask, runCase, startScenario, type ApiCase, type Reply, type Scenario } from '../kit/scenario.ts';
import { sendForm, tokenOf } from '../kit/visitor.ts';

const SITE = 'https://www.acme.example';
const FIELDS = [
  { key: 'first_name', label: 'First name', type: 'text', required: true },
  { key: 'email', label: 'Email', type: 'email', required: true },
  { key: 'phone', label: 'Phone', type: 'phone' },
  { key: 'event_date', label: 'Date', type: 'date' },
  { key: 'event_type', label: 'What is it?', type: 'select', options: ['Wedding', 'Birthday'] },
  { key: 'guests', label: 'Guests', type: 'number', maps_to: 'custom_fields.guests' },
  { key: 'newsletter', label: 'News', type: 'checkbox', maps_to: 'custom_fields.newsletter' },
  { key: 'hall', label: 'Hall', type: 'text' },
  { key: 'campaign', label: 'Campaign', type: 'hidden', value: 'spring' },
  { key: 'notes', label: 'Notes', type: 'textarea' },
];
const JANE = { first_name: 'Jane', email: 'jane@acme.example' };

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,worker', FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
  await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'Wedding' } });
});
afterAll(() => s.stop());

/** A new form for each test, since visitors are counted by form. */
async function makeForm(more: object = {}): Promise<string> {
  const body = { name: 'Enquiries', fields: FIELDS, ...more };
  const { status, text, json } = await s.ask('POST', '/api/v1/forms', { body });
  expect(status, text).toBe(201);
  return json.id as string;
}
const submissionsOf = async (id: string, spam = false) =>
  (await s.ask('GET', `/api/v1/forms/${id}/submissions?spam=${spam}`)).json.data;
const leadOf = async (id: string) =>
  (await s.ask('GET', `/api/v1/leads/${(await submissionsOf(id))[0].lead_id}`)).json;
/** Sends a form as a browser without JavaScript does. */
const sendPage = (id: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${s.url}/f/${id}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: s.url, ...headers },
    body: new URLSearchParams({ _token: tokenOf(id), ...fields }),
  });

describe('forms in the API', () => {
  test('are created, read, changed, listed and deleted; the public id is in the URL', async () => {
    const made = await s.ask('POST', '/api/v1/forms', { body: { name: 'Enquiries', fields: FIELDS } });
    expect(made.status, made.text).toBe(201);
    const { id } = made.json;
    expect(id).toMatch(/^form_[0-9a-f]{32}$/);
    expect(made.headers.get('location')).toBe(`/api/v1/forms/${id}`);
    expect(made.json).toMatchObject({
      url: expect.stringMatching(new RegExp(`/f/${id}$`)),
      embed_code: `<script src="${made.json.url}/embed.js" async></script>`,
      active: true,
      allowed_origins: [],
      fields: [
        { ...FIELDS[0], maps_to: 'first_name', options: [], help: null },
        ...FIELDS.slice(1).map(({ key }) => expect.objectContaining({ key })),
      ],
    });
    expect((await s.ask('GET', `/api/v1/forms/${id}`)).json).toEqual(made.json);
    const path = `/api/v1/forms/${id}`;
    // What was read can be sent back.
    const same = await s.ask('PATCH', path, { body: made.json });
    expect(same.json).toEqual(made.json);
    const body = { name: 'Weddings', allowed_origins: ['https://WWW.acme.example/'] };
    const changed = await s.ask('PATCH', path, { body, headers: { 'if-match': '"1"' } });
    expect(changed.json).toMatchObject({ name: 'Weddings', allowed_origins: [SITE], version: 2 });
    expect((await s.ask('PATCH', path, { body, headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await s.ask('GET', '/api/v1/forms?limit=1')).json.data).toHaveLength(1);
    expect((await s.ask('GET', path, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('DELETE', path)).status).toBe(204);
    expect((await s.ask('GET', path)).status).toBe(404);
    expect((await fetch(`${s.url}/f/${id}`)).status).toBe(404);
    expect(await s.newEvents()).toEqual([]);
  });

  const post = { method: 'POST', path: '/api/v1/forms', status: 400, code: 'validation_error' };
  const withFields = (...fields: object[]) => ({ body: { name: 'F', fields } });
  const email = { key: 'email', label: 'Email', type: 'email' };
  const cases: ApiCase[] = [
    { ...post, name: 'no fields', body: { name: 'F', fields: [] }, fields: ['fields'] },
    {
      ...post,
      name: 'nobody to reach',
      ...withFields({ key: 'hall', label: 'H', type: 'text' }),
      fields: ['fields'],
    },
    {
      ...post,
      name: 'one key twice',
      ...withFields(email, { ...email, maps_to: null }),
      fields: ['fields.1.key'],
    },
    {
      ...post,
      name: 'a select of nothing',
      ...withFields(email, { key: 'a', label: 'A', type: 'select' }),
      fields: ['fields.1.options'],
    },
    {
      ...post,
      name: 'an email of another type',
      ...withFields({ ...email, type: 'text' }),
      fields: ['fields.0.maps_to'],
    },
    {
      ...post,
      name: 'two to one field',
      ...withFields(email, { ...email, key: 'b', maps_to: 'email' }),
      fields: ['fields.1.maps_to'],
    },
    {
      ...post,
      name: 'an unknown target',
      ...withFields({ ...email, maps_to: 'status' }),
      fields: ['fields.0.maps_to'],
    },
    {
      ...post,
      name: 'a key that is none',
      ...withFields({ ...email, key: '_token' }),
      fields: ['fields.0.key'],
    },
    {
      ...post,
      name: 'a redirect that is not https',
      body: { name: 'F', fields: [email], redirect_url: 'javascript:alert(1)' },
      fields: ['redirect_url'],
    },
    {
      ...post,
      name: 'an origin with a path',
      body: { name: 'F', fields: [email], allowed_origins: [`${SITE}/a`] },
      fields: ['allowed_origins.0'],
    },
    {
      ...post,
      name: 'an owner who is not a member',
      body: { name: 'F', fields: [email], owner_id: '01976d3c-0000-7000-8000-000000000000' },
      fields: ['owner_id'],
    },
    {
      ...post,
      name: 'an unknown setting',
      body: { name: 'F', fields: [email], colour: 'red' },
      fields: ['colour'],
    },
    {
      ...post,
      name: 'too many fields',
      ...withFields(
        ...Array.from({ length: 51 }, (_, n) => ({ ...email, key: `e${n}`, maps_to: n ? null : 'email' })),
      ),
      fields: ['fields'],
    },
  ];
  test.each(cases)('are refused with $name', (item) => runCase(s, item));

  test('members read forms and handle submissions; managers and above create and change forms', async () => {
    const id = await makeForm();
    const [manager, member] = [await makeMember(s, 'manager'), await makeMember(s, 'member')];
    const body = { name: 'Ours' };
    expect((await member.ask('GET', `/api/v1/forms/${id}`)).status).toBe(200);
    expect((await member.ask('PATCH', `/api/v1/forms/${id}`, { body })).status).toBe(403);
    expect((await manager.ask('PATCH', `/api/v1/forms/${id}`, { body })).status).toBe(200);
    expect((await member.ask('GET', `/api/v1/forms/${id}/submissions`)).status).toBe(200);
    const formsOnly = await s.person(['forms:read', 'forms:write']);
    expect((await s.ask('GET', `/api/v1/forms/${id}/submissions`, { as: formsOnly })).status).toBe(403);
  });
});

describe('AX10, AN2: a submission creates a lead, and fires only form.submitted', () => {
  test('with all values in a full payload, and none in a summary', async () => {
    const receiver = await startReceiver();
    for (const format of ['automatenexus', 'axocrm']) {
      const body = { name: format, format, events: ['*'], url: `${receiver.url}/${format}` };
      expect((await s.ask('POST', '/api/v1/webhooks', { body })).status).toBe(201);
    }
    const owner = await makeMember(s, 'member');
    const id = await makeForm({
      source: 'Website',
      owner_id: owner.id,
      consent_text: 'You may write to me.',
      allowed_origins: [SITE],
    });
    await s.newEvents();
    const sent = {
      ...JANE,
      phone: '+1 555 123',
      event_date: '2026-08-15',
      event_type: 'Wedding',
      guests: '80',
      newsletter: true,
      hall: 'Long <Hall>',
      _consent: true,
      _page: `${SITE}/contact?utm_source=ads`,
    };
    const reply = await sendForm(s, id, sent, { origin: SITE, 'x-forwarded-for': '203.0.113.77' });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json).toEqual({ status: 'received', message: 'Thank you. We will be in touch soon.' });
    expect(reply.headers.get('access-control-allow-origin')).toBe(SITE);
    expect(await s.newEvents()).toEqual(['form.submitted']);

    const [submission] = await submissionsOf(id);
    const values = {
      first_name: 'Jane',
      email: 'jane@acme.example',
      phone: '+1 555 123',
      event_date: '2026-08-15',
      event_type: 'Wedding',
      guests: 80,
      newsletter: true,
      hall: 'Long <Hall>',
      campaign: 'spring',
    };
    const consent = { text: 'You may write to me.', given: true };
    expect(submission).toMatchObject({
      form_id: id,
      fields: values,
      consent,
      address: '203.0.113.0',
      referrer: `${SITE}/contact?utm_source=ads`,
      utm: { utm_source: 'ads' },
      spam: false,
      reasons: [],
    });
    const lead = await leadOf(id);
    expect(lead).toMatchObject({
      first_name: 'Jane',
      last_name: null,
      email: 'jane@acme.example',
      phone: '+1 555 123',
      event_date: '2026-08-15',
      event_type: 'Wedding',
      source: 'Website',
      owner_id: owner.id,
      status: 'new',
      custom_fields: { guests: 80, newsletter: true },
      created_by: expect.stringMatching(/^form:/),
    });
    const { data } = (await s.ask('GET', `/api/v1/leads/${lead.id}/submissions`)).json;
    expect(data).toMatchObject([{ id: submission.id, channel: 'form', payload: values }]);

    const rendered = new Map(
      (await receiver.waitFor(2)).map(({ url, rawBody }) => [url, rawBody.toString()]),
    );
    expect(JSON.parse(rendered.get('/automatenexus')!)).toMatchObject({
      event: 'form.submitted',
      data: {
        id: lead.id,
        number: lead.number,
        form_id: id,
        form_name: 'Enquiries',
        fields: values,
        consent,
      },
    });
    const summary = JSON.parse(rendered.get('/axocrm')!);
    expect(summary).toMatchObject({
      type: 'lead_form.submitted',
      data: { object: { type: 'lead', id: lead.id, form_id: id, has_email: true, has_phone: true } },
    });
    for (const value of ['Jane', 'jane@', '555', '2026-08-15', 'Wedding', 'Hall', 'spring'])
      expect(rendered.get('/axocrm')).not.toContain(value);
    await receiver.close();
  });

  test('limited neither by the plan nor by the hourly limit of leads', async () => {
    const body = { leads_per_hour: 1 };
    expect((await s.ask('PATCH', '/api/v1/lead-settings', { body })).status).toBe(200);
    const id = await makeForm();
    const before = (await s.ask('GET', '/api/v1/me')).headers.get('x-ratelimit-remaining');
    for (let n = 0; n < 3; n++) expect((await sendForm(s, id, JANE)).status).toBe(201);
    const after = (await s.ask('GET', '/api/v1/me')).headers.get('x-ratelimit-remaining');
    expect(after).toBe(before);
    expect(await submissionsOf(id)).toHaveLength(3);
    const lead = { ...JANE, last_name: 'Doe', phone: '123', event_date: '2026-08-15' };
    expect((await s.ask('POST', '/api/v1/leads', { body: lead })).status).toBe(201);
    expect((await s.ask('POST', '/api/v1/leads', { body: lead })).status).toBe(429);
    await s.ask('PATCH', '/api/v1/lead-settings', { body: { leads_per_hour: 0 } });
  });

  test('fifty at once with one token create one lead; with a token each, fifty, each with a number', async () => {
    const id = await makeForm();
    const token = tokenOf(id);
    const from = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}` });
    const clicks = await Promise.all(
      Array.from({ length: 50 }, (_, n) => sendForm(s, id, { ...JANE, _token: token }, from(n))),
    );
    expect(new Set(clicks.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await submissionsOf(id)).toHaveLength(1);
    await Promise.all(Array.from({ length: 20 }, (_, n) => sendForm(s, id, JANE, from(100 + n))));
    expect(await submissionsOf(id)).toHaveLength(21);
    const { rows } = await s.db.pool.query(
      'select count(*)::int as leads, count(distinct number)::int as numbers from lead where workspace_id = $1',
      [s.alice.workspaceId],
    );
    expect(rows[0].leads).toBe(rows[0].numbers);
    await s.newEvents();
  });
});

describe('invalid submissions', () => {
  let id: string;
  beforeAll(async () => {
    id = await makeForm({ consent_text: 'Yes, do.', allowed_origins: [SITE] });
    await s.newEvents();
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['nothing at all', {}, ['first_name', 'email', '_consent']],
    ['no email', { ...JANE, email: 'nowhere', _consent: true }, ['email']],
    ['no real date', { ...JANE, event_date: '2026-02-30', _consent: true }, ['event_date']],
    ['no option', { ...JANE, event_type: 'Wake', _consent: true }, ['event_type']],
    ['no number', { ...JANE, guests: 'many', _consent: true }, ['guests']],
    ['a list', { ...JANE, hall: ['x'], _consent: true }, ['hall']],
    ['NUL', { ...JANE, hall: 'a\0b', _consent: true }, ['hall']],
    ['too long', { ...JANE, first_name: 'x'.repeat(201), _consent: true }, ['first_name']],
    ['an unknown field', { ...JANE, status: 'won', _consent: true }, ['status']],
    ['no consent', { ...JANE, _consent: false }, ['_consent']],
    ['no token', { ...JANE, _consent: true, _token: undefined }, ['_token']],
    [
      'a token of another form',
      { ...JANE, _consent: true, _token: tokenOf(`form_${'0'.repeat(32)}`) },
      ['_token'],
    ],
  ])('%s: 400 that names the field, and nothing is kept', async (_name, fields, wrong) => {
    const reply = await sendForm(s, id, fields);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.code).toBe('validation_error');
    expect(reply.json.error.fields.map((item: { field: string }) => item.field)).toEqual(wrong);
    expect(await s.newEvents()).toEqual([]);
    expect(await submissionsOf(id)).toEqual([]);
    expect(await submissionsOf(id, true)).toEqual([]);
  });

  test('an expired token, broken JSON, a list, other types and methods are refused', async () => {
    const stale = await sendForm(s, id, { ...JANE, _consent: true, _token: tokenOf(id, 25 * 3_600_000) });
    expect(stale.json.error.fields).toMatchObject([{ field: '_token' }]);
    const send = (raw: string, headers = {}) => ask(s.url, 'POST', `/f/${id}`, { raw, headers });
    expect((await send('{')).status).toBe(400);
    expect((await send('[1]')).status).toBe(400);
    expect((await send('x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send(`{"hall":"${'x'.repeat(1024 * 1024)}"}`)).status).toBe(413);
    expect((await ask(s.url, 'PUT', `/f/${id}`, {})).status).toBe(405);
    for (const path of ['form_1', `form_${'0'.repeat(32)}`, '%00'])
      expect((await ask(s.url, 'GET', `/f/${path}`, {})).status, path).toBe(404);
  });

  test('only allowed origins can send the form and get its session; an empty list means none', async () => {
    const from = (origin: string, method: string, path = '') =>
      ask(s.url, method, `/f/${id}${path}`, { headers: { origin, 'access-control-request-method': 'POST' } });
    const preflight = await from(SITE, 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(SITE);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type');
    expect((await from(SITE, 'GET', '/session')).json.form.fields[0]).not.toHaveProperty('maps_to');
    const closed = await makeForm();
    for (const origin of [
      'https://evil.example',
      `${SITE}.evil.example`,
      'http://www.acme.example',
      'null',
    ]) {
      const refused: Reply[] = [
        await from(origin, 'OPTIONS'),
        await from(origin, 'GET', '/session'),
        await sendForm(s, id, { ...JANE, _consent: true }, { origin }),
        await sendForm(s, closed, JANE, { origin: SITE }),
      ];
      for (const { status, headers } of refused) {
        expect(status).toBe(403);
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
      expect((await sendPage(id, { ...JANE, _consent: 'on' }, { origin })).status).toBe(403);
    }
    expect(await s.newEvents()).toEqual([]);
  });

  test('an inactive form accepts no submissions', async () => {
    const off = await makeForm({ active: false });
    expect((await sendForm(s, off, JANE)).status).toBe(404);
    const page = await fetch(`${s.url}/f/${off}`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('Form not found');
  });
});

describe('the owner of a lead from a form', () => {
  test('is the owner of the form, else the next one by the rule of its source; a former member is ignored', async () => {
    const [item, two, gone] = await Promise.all(
      ['member', 'member', 'member'].map(() => makeMember(s, 'member')),
    );
    const assignment = {
      mode: 'owner',
      members: [two!.id],
      sources: [{ source: 'fair', mode: 'round_robin', members: [item!.id, two!.id] }],
    };
    const set = await s.ask('PATCH', '/api/v1/lead-settings', { body: { assignment } });
    expect(set.status, set.text).toBe(200);
    await s.newEvents();
    try {
      const fair = await makeForm({ source: 'Fair' });
      const sent = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          sendForm(s, fair, { ...JANE, notes: `${n}` }, { 'x-forwarded-for': `10.7.${n}.1` }),
        ),
      );
      expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([201]));
      const leads = await Promise.all(
        (await submissionsOf(fair)).map(
          async ({ lead_id: id }: { lead_id: string }) => (await s.ask('GET', `/api/v1/leads/${id}`)).json,
        ),
      );
      const turns = leads.toSorted((a, b) => a.number - b.number).map(({ owner_id: owner }) => owner);
      expect(turns).toEqual(Array.from({ length: 12 }, (_, n) => (n % 2 ? two!.id : item!.id)));
      expect(await s.newEvents()).toEqual(Array.from({ length: 12 }, () => 'form.submitted'));

      const own = await makeForm({ source: 'FAIR', owner_id: gone!.id });
      await sendForm(s, own, JANE);
      expect((await leadOf(own)).owner_id).toBe(gone!.id);
      await s.ask('DELETE', `/api/v1/members/${gone!.id}`);
      await sendForm(s, own, JANE);
      expect((await leadOf(own)).owner_id).toBe(item!.id);
      // A lead by the API gets the next turn.
      const body = {
        name: 'Jane Doe',
        email: 'j@acme.example',
        phone: '1',
        event_date: '2026-08-15',
        source: 'fair',
      };
      const made = await s.ask('POST', '/api/v1/leads', { body });
      expect((await s.ask('GET', `/api/v1/leads/${made.json.id}`)).json.owner_id).toBe(two!.id);
      // A former member as owner can be sent back unchanged; another non-member is refused.
      const path = `/api/v1/forms/${own}`;
      const read = (await s.ask('GET', path)).json;
      const saved = await s.ask('PUT', path, { body: { ...read, name: 'Renamed' } });
      expect([saved.status, saved.json.name, saved.json.owner_id]).toEqual([200, 'Renamed', gone!.id]);
      const stranger = await s.ask('PATCH', `/api/v1/forms/${fair}`, { body: { owner_id: gone!.id } });
      expect([stranger.status, stranger.json.error.fields[0].field]).toEqual([400, 'owner_id']);
    } finally {
      await s.ask('PATCH', '/api/v1/lead-settings', { body: { assignment: null } });
      await s.newEvents();
    }
  });
});

describe('spam is quarantined with its reasons, and the sender cannot tell', () => {
  test.each<[string, Record<string, unknown>, object, string]>([
    ['a filled lure', { website: 'https://spam.example' }, {}, 'honeypot'],
    ['a form filled in a moment', { _age: 100 }, {}, 'too_fast'],
    ['a disposable address', { email: 'x@mailinator.com' }, {}, 'disposable_email'],
    ['a subdomain of one', { email: 'x@a.b.mailinator.com' }, {}, 'disposable_email'],
    ['a proof of work that is none', { _proof: 'e30=' }, {}, 'wrong_proof_of_work'],
    ['none where it is required', {}, { proof_of_work: 'required' }, 'no_proof_of_work'],
  ])('%s', async (_name, { _age: age, ...fields }, settings, reason) => {
    const id = await makeForm(settings);
    await s.newEvents();
    const token = tokenOf(id, age as number | undefined);
    const reply = await sendForm(s, id, { ...JANE, ...fields, _token: token });
    const human = await sendForm(s, await makeForm(), JANE);
    expect(reply.status).toBe(201);
    expect(reply.text).toBe(human.text);
    expect([...reply.headers.keys()]).toEqual([...human.headers.keys()]);
    expect(await s.newEvents()).toEqual(['form.submitted']);
    expect(await submissionsOf(id)).toEqual([]);
    const [quarantined] = await submissionsOf(id, true);
    expect(quarantined).toMatchObject({ lead_id: null, spam: true, reasons: [reason] });
    // Sent twice, it is stored once.
    expect((await sendForm(s, id, { ...JANE, ...fields, _token: token })).status).toBe(201);
    expect(await submissionsOf(id, true)).toHaveLength(1);
  });

  test('the sixth within the hour from one network without proof of work; the 101st answers 429', async () => {
    const id = await makeForm();
    const send = (n: number, from = '2001:db8:1:2::1') =>
      sendForm(s, id, { ...JANE, hall: String(n) }, { 'x-forwarded-for': from });
    for (let n = 1; n <= 6; n++) expect((await send(n)).status).toBe(201);
    // Addresses of one IPv6 network count together.
    expect((await send(7, '2001:db8:1:2:ffff::9')).status).toBe(201);
    expect((await send(8, '2001:db8:1:3::1')).status).toBe(201);
    expect((await submissionsOf(id, true)).map((item: { fields: object }) => item.fields)).toMatchObject([
      { hall: '7' },
      { hall: '6' },
    ]);
    await s.db.pool.query('update form_visitor set count = 100 where count > 5');
    const refused = await send(9);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500);
    const page = await sendPage(id, JANE, { 'x-forwarded-for': '2001:db8:1:2::1' });
    expect(page.status).toBe(429);
    expect(page.headers.get('content-type')).toContain('text/html');
    await s.db.pool.query(`update form_visitor set since = since - interval '61 minutes'`);
    expect((await send(10)).status).toBe(201);
    expect(await submissionsOf(id, true)).toHaveLength(2);
  });

  test('proof of work: a solution raises the limits; one of another session is wrong', async () => {
    const id = await makeForm({ proof_of_work: 'required', allowed_origins: [SITE] });
    const opened = async () => (await ask(s.url, 'GET', `/f/${id}/session`, {})).json;
    const [first, second] = [await opened(), await opened()];
    const challenge = first.challenge as Challenge;
    const solution = await solveChallenge({ challenge, deriveKey });
    const proof = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64');
    const solved = proof({ challenge, solution });
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    await sendForm(s, id, { ...JANE, _token: second.token, _proof: solved });
    const cheaper = { ...challenge, parameters: { ...challenge.parameters, cost: 1, keyPrefix: '0' } };
    await sendForm(s, id, { ...JANE, _token: tokenOf(id), _proof: proof({ challenge: cheaper, solution }) });
    expect((await submissionsOf(id, true)).map((item: { reasons: string[] }) => item.reasons)).toEqual([
      ['wrong_proof_of_work'],
      // Without proof of work, it was too fast as well.
      ['too_fast', 'wrong_proof_of_work'],
    ]);
    await sendForm(s, id, { ...JANE, _token: first.token, _proof: solved });
    expect(await submissionsOf(id)).toHaveLength(1);
  });

  test('an accepted submission becomes a lead and fires form.submitted once; a rejected one is deleted', async () => {
    const id = await makeForm({ source: 'Website', consent_text: 'Yes.' });
    for (const hall of ['good', 'bad'])
      await sendForm(s, id, { ...JANE, hall, website: 'x', _consent: true, _page: SITE });
    const [bad, good] = await submissionsOf(id, true);
    await s.newEvents();
    const path = (item: { id: string }) => `/api/v1/forms/${id}/submissions/${item.id}`;
    expect((await s.ask('POST', `${path(good)}/accept`, { as: s.charlie })).status).toBe(404);
    const accepted = await Promise.all(
      Array.from({ length: 8 }, () => s.ask('POST', `${path(good)}/accept`)),
    );
    expect(accepted.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array(7).fill(404),
    ]);
    expect(await s.newEvents()).toEqual(['form.submitted']);
    const shown = accepted.find(({ status }) => status === 200)!.json;
    expect(shown).toMatchObject({ id: good.id, spam: false, lead_id: expect.any(String) });
    expect(await submissionsOf(id)).toEqual([shown]);
    expect(shown.received_at).toBe(good.received_at);
    expect(await leadOf(id)).toMatchObject({ ...JANE, source: 'Website' });
    expect((await s.ask('DELETE', path(bad))).status).toBe(204);
    expect((await s.ask('DELETE', path(bad))).status).toBe(404);
    expect((await s.ask('POST', `${path(bad)}/accept`)).status).toBe(404);
    expect(await submissionsOf(id, true)).toEqual([]);
    expect(await s.newEvents()).toEqual([]);
  });
});

test('quarantined submissions are deleted after 30 days, also of a form without new submissions', async () => {
  const id = await makeForm();
  await sendForm(s, id, { ...JANE, website: 'x' });
  await sendForm(
    s,
    id,
    { ...JANE, email: 'young@acme.example', website: 'x' },
    { 'x-forwarded-for': '10.8.0.1' },
  );
  await dropOldQuarantine(s.db);
  const [young, old] = await submissionsOf(id, true);
  const age = `update form_aside set received_at = received_at - interval '30 days' where id = $1`;
  await s.db.pool.query(age, [old.id]);
  await dropOldQuarantine(s.db);
  expect(await submissionsOf(id, true)).toEqual([young]);
});

describe('the hosted page, without JavaScript', () => {
  test('escapes values, allows nothing inline, and can be framed by allowed origins only', async () => {
    const evil = `"><script>alert('&')</script>`;
    const fields = [
      { key: 'email', label: evil, type: 'email', required: true, help: evil, placeholder: evil },
      { key: 'pick', label: 'Pick', type: 'select', options: [evil] },
    ];
    const id = await makeForm({
      name: evil,
      intro: evil,
      submit_label: evil,
      thanks_text: evil,
      consent_text: evil,
      fields,
      allowed_origins: [SITE],
      redirect_url: 'https://thanks.acme.example/a?b=<c>&d="',
    });
    const page = await fetch(
      `${s.url}/f/${id}?email=${encodeURIComponent(evil)}&utm_source=${encodeURIComponent(evil)}`,
    );
    expect(page.status).toBe(200);
    const again = await sendPage(id, { email: evil });
    expect(again.status).toBe(400);
    for (const text of [
      await page.text(),
      await again.text(),
      await (await fetch(`${s.url}/f/${id}/thanks`)).text(),
    ]) {
      expect(text).not.toContain('<script>');
      expect(text.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/f/assets/form.js">']);
      expect(text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;');
    }
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain(`frame-ancestors 'self' ${SITE}`);
    expect(policy).toContain("form-action 'self' https://thanks.acme.example;");
    expect(() => html`${{ markup: '<b>' }}`).toThrow('not markup');
  });

  test('redirects with 303 after sending; errors are shown at their fields, with the values sent', async () => {
    const id = await makeForm({ thanks_text: 'Many thanks' });
    const sent = await sendPage(id, { ...JANE, newsletter: 'true' });
    expect(sent.status).toBe(303);
    const thanks = sent.headers.get('location')!;
    expect(thanks).toBe(`/f/${id}/thanks`);
    expect(await (await fetch(s.url + thanks)).text()).toContain('Many thanks');
    expect((await submissionsOf(id))[0].fields).toMatchObject({ newsletter: true });

    const wrong = await (await sendPage(id, { ...JANE, email: 'nowhere', hall: '<b>' })).text();
    expect(wrong).toContain('id="error-email"');
    expect(wrong).toMatch(/aria-describedby="error-email"\s+aria-invalid="true"/);
    expect(wrong).toContain('value="nowhere"');
    expect(wrong).toContain('value="&lt;b&gt;"');
    expect(wrong).toContain('autocomplete="email"');

    const elsewhere = await makeForm({ redirect_url: 'https://www.acme.example/thanks' });
    const redirected = await sendPage(elsewhere, JANE);
    expect(redirected.headers.get('location')).toBe('https://www.acme.example/thanks');
    const json = await sendForm(s, elsewhere, JANE);
    expect(json.json).toEqual({ status: 'received', redirect_url: 'https://www.acme.example/thanks' });
  });

  test('its files and the embed script have the best accepted encoding, and are cached for an hour', async () => {
    const id = await makeForm();
    for (const [path, type] of [
      ['/f/assets/form.css', 'text/css'],
      ['/f/assets/form.js', 'text/javascript'],
      ['/f/assets/proof-worker.js', 'text/javascript'],
      [`/f/${id}/embed.js`, 'text/javascript'],
    ] as const) {
      const texts = new Set<string>();
      for (const [coding, decode] of [
        ['br', brotliDecompressSync],
        ['gzip', gunzipSync],
        ['identity', (bytes: Buffer) => bytes],
      ] as const) {
        const answer = await request(s.url + path, { headers: { 'accept-encoding': coding } });
        const { headers } = answer;
        expect([answer.statusCode, headers['content-encoding'] ?? 'identity'], path).toEqual([200, coding]);
        expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
        expect(headers['cache-control']).toBe('public, max-age=3600');
        texts.add(decode(Buffer.from(await answer.body.arrayBuffer())).toString());
        const known = { 'accept-encoding': coding, 'if-none-match': String(headers['etag']) };
        const again = await request(s.url + path, { headers: known });
        expect(again.statusCode).toBe(304);
        await again.body.dump();
      }
      expect(texts.size).toBe(1);
    }
    for (const path of ['/f/assets/nothing.js', '/f/assets/..%2findex.html', '/f/assets/']) {
      const none = await fetch(s.url + path, { headers: { accept: 'text/html' } });
      expect([none.status, ((await none.json()) as { error: { code: string } }).error.code], path).toEqual([
        404,
        'not_found',
      ]);
    }
  });

  test('an expired page is shown again with its values and a new token', async () => {
    const id = await makeForm();
    const old = await sendPage(id, { ...JANE, hall: 'Long', _token: tokenOf(id, 25 * 3_600_000) });
    expect(old.status).toBe(400);
    const page = await old.text();
    expect(page).toContain('open for a long time');
    expect(page).toContain('value="Long"');
    const token = /name="_token" value="([^"]+)"/.exec(page)![1]!;
    expect((await sendPage(id, { ...JANE, _token: token })).status).toBe(303);
  });
});
