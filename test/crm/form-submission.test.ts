import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dropOldQuarantine } from '../../src/crm/forms/form-quarantine.ts';
import { JANE, leadOf, makeForm, sendPage, SITE, submissionsOf } from '../kit/form-scenario.ts';
import { makeMember } from '../kit/member.ts';
import { ask, startScenario, type Reply, type Scenario } from '../kit/scenario.ts';
import { sendForm, tokenOf } from '../kit/visitor.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,worker', FAIRLEAD_TRUST_PROXY: '127.0.0.1' });
  await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'Wedding' } });
});
afterAll(() => s.stop());

describe('invalid submissions', () => {
  let id: string;
  beforeAll(async () => {
    id = await makeForm(s, { consent_text: 'Yes, do.', allowed_origins: [SITE] });
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
    expect(await submissionsOf(s, id)).toEqual([]);
    expect(await submissionsOf(s, id, true)).toEqual([]);
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
    const closed = await makeForm(s);
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
      expect((await sendPage(s, id, { ...JANE, _consent: 'on' }, { origin })).status).toBe(403);
    }
    expect(await s.newEvents()).toEqual([]);
  });

  test('an inactive form accepts no submissions', async () => {
    const off = await makeForm(s, { active: false });
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
      const fair = await makeForm(s, { source: 'Fair' });
      const sent = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          sendForm(s, fair, { ...JANE, notes: `${n}` }, { 'x-forwarded-for': `10.7.${n}.1` }),
        ),
      );
      expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([201]));
      const leads = await Promise.all(
        (await submissionsOf(s, fair)).map(
          async ({ lead_id: id }: { lead_id: string }) => (await s.ask('GET', `/api/v1/leads/${id}`)).json,
        ),
      );
      const turns = leads.toSorted((a, b) => a.number - b.number).map(({ owner_id: owner }) => owner);
      expect(turns).toEqual(Array.from({ length: 12 }, (_, n) => (n % 2 ? two!.id : item!.id)));
      expect(await s.newEvents()).toEqual(Array.from({ length: 12 }, () => 'form.submitted'));

      const own = await makeForm(s, { source: 'FAIR', owner_id: gone!.id });
      await sendForm(s, own, JANE);
      expect((await leadOf(s, own)).owner_id).toBe(gone!.id);
      await s.ask('DELETE', `/api/v1/members/${gone!.id}`);
      await sendForm(s, own, JANE);
      expect((await leadOf(s, own)).owner_id).toBe(item!.id);
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
    const id = await makeForm(s, settings);
    await s.newEvents();
    const token = tokenOf(id, age as number | undefined);
    const reply = await sendForm(s, id, { ...JANE, ...fields, _token: token });
    const human = await sendForm(s, await makeForm(s), JANE);
    expect(reply.status).toBe(201);
    expect(reply.text).toBe(human.text);
    expect([...reply.headers.keys()]).toEqual([...human.headers.keys()]);
    expect(await s.newEvents()).toEqual(['form.submitted']);
    expect(await submissionsOf(s, id)).toEqual([]);
    const [quarantined] = await submissionsOf(s, id, true);
    expect(quarantined).toMatchObject({ lead_id: null, spam: true, reasons: [reason] });
    // Sent twice, it is stored once.
    expect((await sendForm(s, id, { ...JANE, ...fields, _token: token })).status).toBe(201);
    expect(await submissionsOf(s, id, true)).toHaveLength(1);
  });

  test('the sixth within the hour from one network without proof of work; the 101st answers 429', async () => {
    const id = await makeForm(s);
    const send = (n: number, from = '2001:db8:1:2::1') =>
      sendForm(s, id, { ...JANE, hall: String(n) }, { 'x-forwarded-for': from });
    for (let n = 1; n <= 6; n++) expect((await send(n)).status).toBe(201);
    // Addresses of one IPv6 network count together.
    expect((await send(7, '2001:db8:1:2:ffff::9')).status).toBe(201);
    expect((await send(8, '2001:db8:1:3::1')).status).toBe(201);
    expect((await submissionsOf(s, id, true)).map((item: { fields: object }) => item.fields)).toMatchObject([
      { hall: '7' },
      { hall: '6' },
    ]);
    await s.db.pool.query('update form_visitor set count = 100 where count > 5');
    const refused = await send(9);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500);
    const page = await sendPage(s, id, JANE, { 'x-forwarded-for': '2001:db8:1:2::1' });
    expect(page.status).toBe(429);
    expect(page.headers.get('content-type')).toContain('text/html');
    await s.db.pool.query(`update form_visitor set since = since - interval '61 minutes'`);
    expect((await send(10)).status).toBe(201);
    expect(await submissionsOf(s, id, true)).toHaveLength(2);
  });

  test('proof of work: a solution raises the limits; one of another session is wrong', async () => {
    const id = await makeForm(s, { proof_of_work: 'required', allowed_origins: [SITE] });
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
    expect((await submissionsOf(s, id, true)).map((item: { reasons: string[] }) => item.reasons)).toEqual([
      ['wrong_proof_of_work'],
      // Without proof of work, it was too fast as well.
      ['too_fast', 'wrong_proof_of_work'],
    ]);
    await sendForm(s, id, { ...JANE, _token: first.token, _proof: solved });
    expect(await submissionsOf(s, id)).toHaveLength(1);
  });

  test('an accepted submission becomes a lead and fires form.submitted once; a rejected one is deleted', async () => {
    const id = await makeForm(s, { source: 'Website', consent_text: 'Yes.' });
    for (const hall of ['good', 'bad'])
      await sendForm(s, id, { ...JANE, hall, website: 'x', _consent: true, _page: SITE });
    const [bad, good] = await submissionsOf(s, id, true);
    const total = async (query: string) =>
      (await s.ask('GET', `/api/v1/forms/${id}/submissions?${query}`)).json.total_count;
    expect(await total('spam=true&limit=1&count=exact')).toBe(2);
    expect(await total('count=exact')).toBe(0);
    expect(await total('spam=true')).toBeUndefined();
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
    expect(await submissionsOf(s, id)).toEqual([shown]);
    expect(await total('count=exact')).toBe(1);
    expect(shown.received_at).toBe(good.received_at);
    expect(await leadOf(s, id)).toMatchObject({ ...JANE, source: 'Website' });
    expect((await s.ask('DELETE', path(bad))).status).toBe(204);
    expect((await s.ask('DELETE', path(bad))).status).toBe(404);
    expect((await s.ask('POST', `${path(bad)}/accept`)).status).toBe(404);
    expect(await submissionsOf(s, id, true)).toEqual([]);
    expect(await s.newEvents()).toEqual([]);
  });
});

test('quarantined submissions are deleted after 30 days, also of a form without new submissions', async () => {
  const id = await makeForm(s);
  await sendForm(s, id, { ...JANE, website: 'x' });
  await sendForm(
    s,
    id,
    { ...JANE, email: 'young@acme.example', website: 'x' },
    { 'x-forwarded-for': '10.8.0.1' },
  );
  await dropOldQuarantine(s.db);
  const [young, old] = await submissionsOf(s, id, true);
  const age = `update form_aside set received_at = received_at - interval '30 days' where id = $1`;
  await s.db.pool.query(age, [old.id]);
  await dropOldQuarantine(s.db);
  expect(await submissionsOf(s, id, true)).toEqual([young]);
});
