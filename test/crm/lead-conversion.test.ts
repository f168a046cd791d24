import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startScenario, type Ask, type Scenario } from '../kit/scenario.ts';

const JANE = { name: 'Jane Doe', phone: '+15551234567', event_date: '2026-08-15' };

let s: Scenario;
let serial = 0;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

async function lead(more: object = {}) {
  const body = { ...JANE, email: `jane${++serial}@example.com`, ...more };
  const { json, status, text } = await s.ask('POST', '/api/v1/leads', { body });
  expect(status, text).toBe(201);
  await s.newEvents();
  return (await s.ask('GET', `/api/v1/leads/${json.id}`)).json;
}
const convert = ({ id }: { id: string }, body?: object, more: Ask = {}) =>
  s.ask('POST', `/api/v1/leads/${id}/convert`, { ...(body && { body }), ...more });
const get = async (path: string) => (await s.ask('GET', `/api/v1/${path}`)).json;

describe('POST /leads/{id}/convert', () => {
  test('to a contact, a company and a deal, each with its event', async () => {
    const made = await lead({ source: 'Fair', notes: 'Harbour', custom_fields: { guests: 80 } });
    const reply = await convert(made, { company: 'Acme Boats', deal: { value: 500, currency: 'EUR' } });
    expect(reply.status, reply.text).toBe(200);
    const { lead: after, made: kinds } = reply.json;
    expect(kinds).toEqual(['company', 'contact', 'deal']);
    expect(after).toMatchObject({ id: made.id, version: 2, status: 'won' });
    expect(after.converted_at).toBe(after.updated_at);
    expect(await get(`contacts/${after.contact_id}`)).toMatchObject({
      first_name: 'Jane',
      last_name: 'Doe',
      email: made.email,
      phone: made.phone,
      source: 'Fair',
      company: 'Acme Boats',
      company_id: after.company_id,
      custom_fields: { guests: 80 },
    });
    expect(await get(`deals/${after.deal_id}`)).toMatchObject({
      name: 'Acme Boats',
      value: 500,
      currency: 'EUR',
      contact_id: after.contact_id,
      company_id: after.company_id,
    });
    expect(await s.newEvents()).toEqual([
      'company.created',
      'contact.created',
      'deal.created',
      'lead.converted',
    ]);
    const { json } = await s.ask('GET', `/analytics/leads/${made.id}`);
    expect(json.timeline[0]).toMatchObject({
      label: 'Converted',
      changed: { converted_at: null, status: 'new' },
    });
  });

  test('a lead leaves New for the chosen status, else for the first of the kind won, and lead.converted has it', async () => {
    const settings = (body: object, as = s.alice) => s.ask('PATCH', '/api/v1/lead-settings', { body, as });
    const status = async (made: { id: string }) => (await convert(made)).json.lead.status;
    const create = async (name: string, kind: string, position?: number) =>
      (await s.ask('POST', '/api/v1/lead-statuses', { body: { name, kind, ...(position && { position }) } }))
        .json;
    expect((await get('lead-settings')).converted_status).toBeNull();
    const customer = await create('Customer', 'won', 2);
    const made = await lead();
    expect(await status(made)).toBe('customer');
    const { data } = (await s.ask('GET', '/api/v1/events?types=lead.converted&limit=200')).json;
    const event = data.findLast((item: { data: { id: string } }) => item.data.id === made.id);
    expect(event.data).toMatchObject({ status: 'customer', converted_at: expect.any(String) });

    const signed = await create('Signed', 'open');
    expect((await settings({ converted_status: 'SIGNED' })).json.converted_status).toBe('signed');
    expect(await status(await lead())).toBe('signed');
    // A lead that is won already stays where it is.
    const won = await lead();
    await s.ask('PATCH', `/api/v1/leads/${won.id}`, { body: { status: 'won' } });
    expect(await status(won)).toBe('won');
    const refused = await settings({ converted_status: 'nowhere' });
    expect(refused.json.error.fields[0].field).toBe('converted_status');
    expect((await settings({}, await s.person(['leads:write']))).status).toBe(403);
    expect((await get('lead-settings')).converted_status).toBe('signed');

    // A deleted status is chosen no longer.
    const list = await get('leads?status=signed');
    for (const { id } of list.data) await s.ask('PATCH', `/api/v1/leads/${id}`, { body: { status: 'won' } });
    expect((await s.ask('DELETE', `/api/v1/lead-statuses/${signed.id}`)).status).toBe(204);
    expect((await get('lead-settings')).converted_status).toBeNull();
    await s.ask('PATCH', `/api/v1/lead-statuses/${customer.id}`, { body: { kind: 'open' } });
    expect(await status(await lead())).toBe('won');
  });

  test('the deal is named by the company, else by the interest, else by the person', async () => {
    await s.ask('POST', '/api/v1/companies', { body: { name: 'Spelled Right' } });
    const named = async (more: object, body: object) => {
      const { json } = await convert(await lead(more), { deal: {}, ...body });
      const { name, currency } = await get(`deals/${json.lead.deal_id}`);
      return [name, currency];
    };
    expect(await named({ event_type: 'Wedding' }, { company: 'spelled right' })).toEqual([
      'Spelled Right',
      'USD',
    ]);
    expect(await named({ event_type: 'Wedding' }, {})).toEqual(['Wedding', 'USD']);
    await s.ask('PATCH', '/api/v1/workspace', { body: { currency: 'EUR' } });
    expect(await named({}, {})).toEqual(['Jane Doe', 'EUR']);
  });

  test('the contact gets the tags of the lead; an existing one only if requested', async () => {
    const email = `tagged${++serial}@example.com`;
    const made = await lead({ email, tags: ['VIP', 'Harbour'] });
    const { contact_id: id } = (await convert(made)).json.lead;
    expect((await get(`contacts/${id}`)).tags).toEqual(['VIP', 'Harbour']);
    expect(await s.newEvents()).toEqual(['contact.created', 'lead.converted']);
    await convert(await lead({ email, tags: ['Boat'] }));
    expect((await get(`contacts/${id}`)).tags).toEqual(['VIP', 'Harbour']);
    await s.newEvents();
    await convert(await lead({ email, tags: ['vip', 'Boat'] }), { update_contact: true });
    expect((await get(`contacts/${id}`)).tags).toEqual(['VIP', 'Harbour', 'Boat']);
    expect(await s.newEvents()).toEqual(['contact.tag_added', 'lead.converted']);
  });

  test('without options to a contact; a second time 409 with the records', async () => {
    const made = await lead();
    const { contact_id: id } = (await convert(made)).json.lead;
    expect(await s.newEvents()).toEqual(['contact.created', 'lead.converted']);
    const again = await convert(made, { company: 'Never' });
    expect(again).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
    expect(again.json.error.fields).toEqual([{ field: 'contact_id', message: id }]);
    expect(await s.newEvents()).toEqual([]);
  });

  test('an existing contact with its email and company with this name are used, and only changed if requested', async () => {
    const email = `kept${++serial}@example.com`;
    const body = { first_name: 'J.', email: email.toUpperCase() };
    const contact = (await s.ask('POST', '/api/v1/contacts', { body })).json;
    const company = (await s.ask('POST', '/api/v1/companies', { body: { name: 'Kept Ltd' } })).json;
    await s.newEvents();
    const first = await convert(await lead({ email }), { company: 'KEPT ltd' });
    expect(first.json).toMatchObject({ lead: { contact_id: contact.id, company_id: company.id }, made: [] });
    expect(await s.newEvents()).toEqual(['lead.converted']);
    expect(await get(`contacts/${contact.id}`)).toEqual(contact);
    await convert(await lead({ email }), { update_contact: true, company: 'Kept Ltd' });
    expect((await s.newEvents()).toSorted()).toEqual(['contact.updated', 'lead.converted']);
    expect(await get(`contacts/${contact.id}`)).toMatchObject({
      first_name: 'J.',
      last_name: 'Doe',
      phone: JANE.phone,
      company_id: company.id,
    });
  });

  test('once under one Idempotency-Key; 412 with a stale If-Match', async () => {
    const made = await lead();
    const stale = await convert(made, {}, { headers: { 'if-match': '"7"' } });
    expect(stale.status).toBe(412);
    const headers = { 'idempotency-key': 'convert', 'if-match': '"1"' };
    const first = await convert(made, {}, { headers });
    const again = await convert(made, {}, { headers });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await s.newEvents()).toEqual(['contact.created', 'lead.converted']);
  });

  test('ten requests at once convert it once; two leads of one person become one contact', async () => {
    const made = await lead();
    const twin = await lead({ email: made.email.toUpperCase() });
    const replies = await Promise.all([...Array.from({ length: 9 }, () => convert(made)), convert(twin)]);
    expect(replies.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(2);
    expect(replies.every(({ status }) => [200, 409, 503].includes(status))).toBe(true);
    expect((await s.newEvents()).toSorted()).toEqual(['contact.created', 'lead.converted', 'lead.converted']);
    expect((await get(`leads/${made.id}`)).contact_id).toBe((await get(`leads/${twin.id}`)).contact_id);
  });

  test('all or nothing: a refused deal leaves no contact', async () => {
    const made = await lead();
    for (const [field, body] of [
      ['stage_id', { deal: { stage_id: made.id } }],
      ['deal.value', { deal: { value: -1 } }],
      ['deal.contact_id', { deal: { contact_id: made.id } }],
      ['company', { company: ' ' }],
      ['colour', { colour: 'red' }],
    ] as const)
      expect((await convert(made, body)).json.error.fields[0].field).toBe(field);
    await s.db.pool.query(`alter table deal add constraint no_more check (name <> 'Refused') not valid`);
    expect((await convert(made, { company: 'Gone', deal: { name: 'Refused' } })).status).toBeGreaterThan(399);
    expect(await s.newEvents()).toEqual([]);
    expect((await s.db.pool.query(`select from company where name = 'Gone'`)).rowCount).toBe(0);
  });

  test('404 for another workspace’s lead; 403 without the scopes of the created records', async () => {
    const made = await lead();
    expect((await convert(made, {}, { as: s.charlie })).status).toBe(404);
    const as = await s.person(['leads:write', 'contacts:write']);
    expect((await convert(made, { company: 'x' }, { as })).status).toBe(403);
    expect((await convert(made, { deal: {} }, { as })).status).toBe(403);
    expect((await convert(made, {}, { as: await s.person(['leads:write']) })).status).toBe(403);
    expect((await convert(made, {}, { as })).status).toBe(200);
  });
});

describe('on_duplicate', () => {
  const again = (email: string, mode: string, more: object = {}, ask: Ask = {}) =>
    s.ask('POST', `/api/v1/leads?on_duplicate=${mode}`, {
      body: { ...JANE, name: 'J. Doe', email, phone: 'none', ...more },
      ...ask,
    });

  test('attach adds the submission to an existing lead, by email or phone digits', async () => {
    const made = await lead({ phone: '+1 (555) 777-0001' });
    const byEmail = await again(made.email.toUpperCase(), 'attach', { crm_lead_id: 'crm-again', guests: 90 });
    expect(byEmail.status, byEmail.text).toBe(200);
    expect(byEmail.json).toEqual({
      id: made.id,
      status: 'attached',
      lead_url: expect.stringMatching(new RegExp(`/leads/${made.id}$`)),
    });
    expect(await s.newEvents()).toEqual(['lead.submission_added']);
    const byPhone = await s.ask('POST', '/api/v1/leads', {
      body: { ...JANE, email: 'other@example.com', phone: '15557770001', on_duplicate: 'attach' },
    });
    expect(byPhone.json).toMatchObject({ id: made.id, status: 'attached' });
    expect(await get(`leads/${made.id}`)).toMatchObject({ first_name: 'Jane', submissions: 3, version: 3 });
    const { data } = await get(`leads/${made.id}/submissions`);
    expect(data).toHaveLength(3);
    expect(data[1]).toMatchObject({ crm_lead_id: 'crm-again', payload: { guests: 90 } });
  });

  test('return answers with the existing lead and writes nothing; create makes another', async () => {
    const made = await lead();
    await s.newEvents();
    const reply = await again(made.email, 'return');
    expect(reply).toMatchObject({ status: 200, json: { id: made.id, status: 'existing' } });
    expect((await get(`leads/${made.id}/submissions`)).data).toHaveLength(1);
    expect(await s.newEvents()).toEqual([]);
    expect((await again(made.email, 'create')).status).toBe(201);
    expect(await s.newEvents()).toEqual(['lead.created']);
  });

  test('the query takes precedence over the body', async () => {
    const made = await lead();
    const another = await again(made.email, 'create', { on_duplicate: 'attach' });
    expect(another.status, another.text).toBe(201);
    expect(await s.newEvents()).toEqual(['lead.created']);
    const rendered = await again(made.email, 'return', { on_duplicate: 'attach' });
    expect(rendered.json).toMatchObject({ id: another.json.id, status: 'existing' });
    expect(await s.newEvents()).toEqual([]);
  });

  test('twenty at once of a new person with attach create one lead with twenty submissions', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => again('crowd@example.com', 'attach')));
    const answered = replies.filter(({ status }) => status !== 503);
    expect(answered.filter(({ status }) => status === 201)).toHaveLength(1);
    const [item] = (await get('leads?email=crowd@example.com')).data;
    expect(item.submissions).toBe(answered.length);
    expect((await get('leads?email=crowd@example.com')).data).toHaveLength(1);
  });

  test.each(['attach', 'return'])('%s is idempotent under an Idempotency-Key', async (mode) => {
    const made = await lead();
    const ask = { headers: { 'idempotency-key': `again-${mode}` } };
    const first = await again(made.email, mode, {}, ask);
    const replay = await again(made.email, mode, {}, ask);
    expect(replay.text).toBe(first.text);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect((await get(`leads/${made.id}`)).submissions).toBe(mode === 'attach' ? 2 : 1);
  });

  test('a short phone matches no lead; an unknown mode, and any in a batch, is refused in RemixCRM’s format', async () => {
    await lead({ phone: '12345' });
    expect((await again(`new${++serial}@example.com`, 'attach', { phone: '1-23-45' })).status).toBe(201);
    const body = { ...JANE, email: 'a@example.com', on_duplicate: 'merge' };
    const reply = await s.ask('POST', '/api/v1/leads', { body });
    expect(reply.json).toMatchObject({ error: 'Invalid fields', fields: ['on_duplicate'] });
    const records = [{ ...body, on_duplicate: 'attach' }];
    const batch = await s.ask('POST', '/api/v1/leads/batch', { body: { records } });
    expect(batch.json.results[0]).toMatchObject({ error: 'Invalid fields', fields: ['on_duplicate'] });
  });

  test('GET /leads/{id}/duplicates lists the others', async () => {
    const [item, two] = [await lead({ phone: '555 888 0001' }), await lead({ phone: '5558880001' })];
    const ids = async (as = s.alice) =>
      (await s.ask('GET', `/api/v1/leads/${item.id}/duplicates`, { as })).json.data?.map(
        ({ id }: { id: string }) => id,
      );
    expect(await ids()).toEqual([two.id]);
    expect(await ids(s.charlie)).toBeUndefined();
  });
});
