import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIELDS, JANE, leadOf, makeForm, SITE, submissionsOf } from '../kit/form-scenario.ts';
import { makeMember } from '../kit/member.ts';
import { startReceiver } from '../kit/receiver.ts';
import { runCase, startScenario, type ApiCase, type Scenario } from '../kit/scenario.ts';
import { sendForm, tokenOf } from '../kit/visitor.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,worker', FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
  await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'Wedding' } });
});
afterAll(() => s.stop());

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
    const id = await makeForm(s);
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
    const id = await makeForm(s, {
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

    const [submission] = await submissionsOf(s, id);
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
    const lead = await leadOf(s, id);
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
    const id = await makeForm(s);
    const before = (await s.ask('GET', '/api/v1/me')).headers.get('x-ratelimit-remaining');
    for (let n = 0; n < 3; n++) expect((await sendForm(s, id, JANE)).status).toBe(201);
    const after = (await s.ask('GET', '/api/v1/me')).headers.get('x-ratelimit-remaining');
    expect(after).toBe(before);
    expect(await submissionsOf(s, id)).toHaveLength(3);
    const lead = { ...JANE, last_name: 'Doe', phone: '123', event_date: '2026-08-15' };
    expect((await s.ask('POST', '/api/v1/leads', { body: lead })).status).toBe(201);
    expect((await s.ask('POST', '/api/v1/leads', { body: lead })).status).toBe(429);
    await s.ask('PATCH', '/api/v1/lead-settings', { body: { leads_per_hour: 0 } });
  });

  test('fifty at once with one token create one lead; with a token each, fifty, each with a number', async () => {
    const id = await makeForm(s);
    const token = tokenOf(id);
    const from = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}` });
    const clicks = await Promise.all(
      Array.from({ length: 50 }, (_, n) => sendForm(s, id, { ...JANE, _token: token }, from(n))),
    );
    expect(new Set(clicks.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await submissionsOf(s, id)).toHaveLength(1);
    await Promise.all(Array.from({ length: 20 }, (_, n) => sendForm(s, id, JANE, from(100 + n))));
    expect(await submissionsOf(s, id)).toHaveLength(21);
    const { rows } = await s.db.pool.query(
      'select count(*)::int as leads, count(distinct number)::int as numbers from lead where workspace_id = $1',
      [s.alice.workspaceId],
    );
    expect(rows[0].leads).toBe(rows[0].numbers);
    await s.newEvents();
  });
});
