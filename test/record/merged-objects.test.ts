import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraserOfAll, MERGED_TABLES, MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { movedColumns, NOT_MOVED } from '../../src/record/merge/moved-columns.ts';
import { silent } from '../kit/database.ts';
import { until } from '../kit/process.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());

async function make(plural: string, body: object) {
  const headers = { prefer: 'return=representation' };
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body, headers });
  expect(status, text).toBe(201);
  return json;
}
const read = async (plural: string, id: string) => (await s.ask('GET', `/api/v1/${plural}/${id}`)).json;
async function merge(plural: string, id: string, others: string[]) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}/${id}/merge`, {
    body: { with: others },
  });
  expect(status, text).toBe(200);
  return json;
}
const unmerge = async (plural: string, id: string, merged: string) =>
  (await s.ask('POST', `/api/v1/${plural}/${id}/unmerge`, { body: { id: merged } })).json;

test('RC5: every column of ids is moved by merges, or says in record/merge/moved-columns.ts why not', async () => {
  const { rows } = await s.db.pool.query<{ name: string }>(
    `select c.table_name || '.' || c.column_name as name
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> 'migration'
       and not exists (select from pg_inherits i where i.inhrelid = format('%I', c.table_name)::regclass)
       and c.udt_name in ('uuid', '_uuid') and c.column_name not in ('id', 'workspace_id')`,
  );
  expect(rows.length).toBeGreaterThan(50);
  const moved = movedColumns(NOUNS, MERGED_TABLES).map(({ table, column }) => `${table}.${column}`);
  const others = Object.keys(NOT_MOVED).flatMap((names) => names.split(' '));
  const existing = rows.map(({ name }) => name);
  expect(existing.filter((name) => !moved.includes(name) && !others.includes(name))).toEqual([]);
  expect([...moved, ...others].toSorted()).toEqual(existing.toSorted());
});

describe('RC5: merged companies', () => {
  test('move their contacts, deals, tasks and leads, which search then finds by the new name', async () => {
    const [a, b] = [
      await make('companies', { name: 'Survivor Ltd', website: 'https://a.example' }),
      await make('companies', { name: 'Vanished GmbH', industry: 'Ships', notes: 'n' }),
    ];
    const contact = await make('contacts', { first_name: 'Wanda', company_id: b.id });
    const [deal, task] = [
      await make('deals', { name: 'D', company_id: b.id }),
      await make('tasks', { title: 'T', company_id: b.id }),
    ];
    const body = { company: 'Vanished GmbH' };
    const lead = await make('leads', { name: 'Wanda Fish', email: 'w@x.example' });
    const conversion = await s.ask('POST', `/api/v1/leads/${lead.id}/convert`, { body });
    expect(conversion.json.lead.company_id).toBe(b.id);
    await s.newEvents();
    const json = await merge('companies', a.id, [b.id]);
    expect(await s.newEvents()).toEqual(['company.merged']);
    expect(json).toMatchObject({ name: 'Survivor Ltd', industry: 'Ships', notes: 'n', merged_ids: [b.id] });
    for (const [plural, { id }] of Object.entries({
      contacts: contact,
      deals: deal,
      tasks: task,
      leads: lead,
    }))
      expect((await read(plural, id)).company_id, plural).toBe(a.id);

    const find = async (q: string) =>
      (await s.ask('GET', `/api/v1/search?q=${encodeURIComponent(q)}`)).json.data.map(
        ({ type, id }: { type: string; id: string }) => `${type} ${id}`,
      );
    await until(async () => (await find('Survivor Ltd')).length >= 4);
    expect(await find('Survivor Ltd')).toEqual(
      expect.arrayContaining([`company ${a.id}`, `contact ${contact.id}`, `deal ${deal.id}`]),
    );
    const documents = await s.db.pool.query('select from search_document where record_id = $1', [b.id]);
    expect(documents.rowCount).toBe(0);
    await unmerge('companies', a.id, b.id);
    await until(async () => (await find('Vanished')).includes(`contact ${contact.id}`));
    expect(await find('Vanished')).toContain(`company ${b.id}`);
  });

  test('are listed as possible duplicates by website, email and name', async () => {
    const a = await make('companies', { name: 'Twin & Co', website: 'https://twin.example/' });
    const same = [
      await make('companies', { name: 'Other', website: 'http://www.twin.example' }),
      await make('companies', { name: 'TWIN & CO' }),
    ];
    await make('companies', { name: 'Twin and more' });
    const { json } = await s.ask('GET', `/api/v1/companies/${a.id}/duplicates`);
    expect(json.data.map(({ id }: { id: string }) => id)).toEqual(same.map(({ id }) => id));
    const c = await make('contacts', {
      first_name: 'C',
      other_emails: ['second@twin.example'],
      phone: '+1555777888',
    });
    const d = await make('contacts', { first_name: 'D', email: 'SECOND@twin.example' });
    const e = await make('contacts', { first_name: 'E', other_phones: ['+1 555 777 888'] });
    const list = await s.ask('GET', `/api/v1/contacts/${c.id}/duplicates`);
    expect(list.json.data.map(({ id }: { id: string }) => id)).toEqual([d.id, e.id]);
  });
});

describe('RC5: merged leads', () => {
  test('unite submissions, reports and histories; number, CRM id and analytics lead to the survivor', async () => {
    const { secret } = (await s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'CRM' } })).json;
    const report = async (crmId: string) =>
      (
        await s.ask('POST', '/webhooks/crm/lead', {
          body: { crm_lead_id: crmId, n: Math.random() },
          as: secret,
        })
      ).json;
    const a = await make('leads', { name: 'Jane Doe', email: 'j@l.example', crm_lead_id: 'one' });
    const b = await make('leads', {
      name: 'Jane D',
      phone: '+1555123',
      crm_lead_id: 'two',
      event_date: '2027-01-02',
    });
    const again = { name: 'Jane D', phone: '+1555123', on_duplicate: 'attach' };
    await s.ask('POST', '/api/v1/leads', { body: again });
    await report('two');
    const conversion = await s.ask('POST', `/api/v1/leads/${b.id}/convert`, {});
    // The counts of whole days are stored.
    const [from, to] = [0, 2].map(
      (days) => new Date(Date.parse(a.created_at.slice(0, 10)) + days * 86_400_000),
    );
    const range = `created_at[gte]=${from!.toISOString()}&created_at[lt]=${to!.toISOString()}`;
    const total = async () => (await s.ask('GET', `/analytics/leads?${range}`)).json.leads;
    const before = await total();
    await s.newEvents();
    const json = await merge('leads', a.id, [b.id]);
    expect(await s.newEvents()).toEqual(['lead.merged']);
    expect(json).toMatchObject({
      number: a.number,
      crm_lead_id: 'one',
      phone: '+1555123',
      event_date: '2027-01-02',
      submissions: 3,
      contact_id: conversion.json.lead.contact_id,
      converted_at: expect.any(String),
      lead_url: expect.stringContaining(a.id),
      merged_ids: [b.id],
    });
    expect(await total()).toBe(before - 1);
    expect((await s.ask('GET', `/api/v1/leads/${b.id}/submissions`)).json.data).toHaveLength(3);
    expect(await report('two')).toMatchObject({ stored: true, lead_id: a.number });
    const history = await s.ask('GET', `/analytics/leads/${b.number}`);
    expect(history.json.lead.id).toBe(a.id);
    expect(history.json.crm_activity).toHaveLength(2);
    const labels = history.json.timeline.map(({ label }: { label: string }) => label);
    expect(labels).toEqual(expect.arrayContaining(['Merged', 'Converted', 'CRM']));
    expect(labels.filter((label: string) => label === 'Created')).toHaveLength(2);
    expect((await s.ask('POST', `/api/v1/leads/${b.id}/convert`, {})).status).toBe(409);
    expect((await s.ask('GET', `/api/v1/leads/${b.id}/duplicates`)).status).toBe(200);

    const back = await unmerge('leads', a.id, b.id);
    expect(back).toMatchObject({ submissions: 1, contact_id: null, converted_at: null, phone: null });
    expect(await read('leads', b.id)).toMatchObject({ number: b.number, submissions: 2, crm_lead_id: 'two' });
    expect((await s.ask('GET', `/api/v1/leads/${b.id}/submissions`)).json.data).toHaveLength(2);
    expect(await total()).toBe(before);
  });
});

describe('AN2: contact.merged in webhooks', () => {
  const detailsOf = {
    standard: (body: Body) => body.data,
    automatenexus: (body: Body) => body.data,
    axcelerate: (body: Body) => body.message.contact,
    axocrm: (body: Body) => body.data.object,
  };
  test.each(Object.keys(detailsOf) as (keyof typeof detailsOf)[])('%s', async (format) => {
    const receiver = await startReceiver();
    const events = format === 'automatenexus' ? ['*'] : ['contact.merged'];
    const names = format === 'axcelerate' ? 'fairlead' : null;
    const body = { name: format, url: receiver.url, format, events, names };
    const hook = await s.ask('POST', '/api/v1/webhooks', { body });
    expect(hook.status, hook.text).toBe(201);
    const [a, b] = [
      await make('contacts', { first_name: 'Sur', email: `a@${format}.example` }),
      await make('contacts', { last_name: 'Vivor', email: `b@${format}.example` }),
    ];
    const deal = await make('deals', { name: 'D', contact_id: b.id });
    await merge('contacts', a.id, [b.id]);
    const bodies = () => receiver.received.map(({ rawBody }) => JSON.parse(rawBody.toString()) as Body);
    await until(() => bodies().some((item) => (item.type ?? item.event) === 'contact.merged'));
    const sent = bodies().find((item) => (item.type ?? item.event) === 'contact.merged')!;
    const details = detailsOf[format](sent);
    expect(details).toMatchObject({
      id: a.id,
      merged_ids: [b.id],
      moved: [{ object: 'deal', count: 1, ids: [deal.id] }],
    });
    const isSafe = format === 'axocrm';
    expect(JSON.stringify(sent).includes('Vivor')).toBe(!isSafe);
    await s.ask('DELETE', `/api/v1/webhooks/${hook.json.id}`);
    await receiver.close();
  });
});

test('Erasure: a merged record is erased with its survivor, everywhere, and not before; its undo ends', async () => {
  const needle = 'griselda@merged.example';
  const [a, b, c] = [
    await make('contacts', { first_name: 'Keep' }),
    await make('contacts', { last_name: needle, email: needle, tags: [needle] }),
    await make('contacts', { first_name: needle }),
  ];
  await merge('contacts', b.id, [c.id]);
  await merge('contacts', a.id, [b.id]);
  const erase = () => eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);
  const old = `update contact set deleted_at = now() - interval '40 days' where id = any($1)`;
  await s.db.pool.query(old, [[b.id, c.id]]);
  await erase();
  expect((await unmerge('contacts', a.id, b.id)).id).toBe(a.id);
  await merge('contacts', a.id, [b.id]);
  await until(async () => (await s.db.pool.query('select from queue')).rowCount === 0);
  expect((await s.ask('POST', `/api/v1/contacts/${b.id}/erase`)).json.id).toBe(a.id);
  await until(async () => {
    await erase();
    const { rows } = await s.db.pool.query('select expunged_at from contact where id = any($1)', [
      [a.id, b.id, c.id],
    ]);
    return rows.every(({ expunged_at: at }) => at !== null);
  });
  const { rows: tables } = await s.db.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const query = `select from ${name} t where strpos(t::text, $1) > 0 limit 1`;
    if ((await s.db.pool.query(query, [needle])).rowCount) found.push(name);
  }
  expect(found).toEqual([]);
  expect((await s.ask('POST', `/api/v1/contacts/${a.id}/restore`)).status).toBe(410);
  expect((await s.ask('GET', `/api/v1/contacts/${c.id}`)).status).toBe(404);
});

interface Body {
  type?: string;
  event?: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  [name: string]: any;
}
