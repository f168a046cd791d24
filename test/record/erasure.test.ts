import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraserOfAll } from '../../src/modules.ts';
import { problems } from '../kit/json-schema.ts';
import { silent } from '../kit/database.ts';
import { until } from '../kit/process.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { sendForm } from '../kit/visitor.ts';

const NEEDLE = 'wilhelmina@private.example';

let s: Scenario;
let receiver: Receiver;
let path: string;
beforeAll(async () => {
  s = await startScenario();
  receiver = await startReceiver();
  receiver.answer(({ rawBody }) => ({ status: 200, body: rawBody }));
  path = await hook('*');
});
afterAll(async () => {
  await s.stop();
  await receiver.close();
});

async function hook(events: string, more = {}): Promise<string> {
  const body = { name: 'all', url: receiver.url, events: [events], ...more };
  const { json, text } = await s.ask('POST', '/api/v1/webhooks', { body });
  expect(json?.id, text).toMatch(/^wh_/);
  return `/api/v1/webhooks/${json.id}`;
}
const erase = () => eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);

/** The tables that contain a text in any column of any row. */
async function tablesWith(needle: string): Promise<string[]> {
  const { rows } = await s.db.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    // Rows of a partition are rows of its table.
    if (/^(event|attempt)_\d+$/.test(name)) continue;
    const query = `select from ${name} t where strpos(lower(t::text), lower($1)) > 0 limit 1`;
    if ((await s.db.pool.query(query, [needle])).rowCount) found.push(name);
  }
  return found.toSorted();
}
const indexed = async () =>
  (
    await s.db.pool.query(`
      select from workspace_counter c left join search_position p on p.workspace_id = c.workspace_id
      where c.event_seq > coalesce(p.seq, 0)`)
  ).rowCount === 0;
const settled = () =>
  until(async () => (await s.db.pool.query('select from queue')).rowCount === 0 && (await indexed()));

const KINDS = [
  ['contacts', { last_name: NEEDLE, email: NEEDLE, notes: NEEDLE, custom_fields: { mail: NEEDLE } }, 'notes'],
  ['companies', { name: NEEDLE, email: NEEDLE, address: NEEDLE, custom_fields: { mail: NEEDLE } }, 'address'],
  ['deals', { name: NEEDLE, notes: NEEDLE, value: 12.5, custom_fields: { mail: NEEDLE } }, 'notes'],
  [
    'tasks',
    { title: NEEDLE, description: NEEDLE, due_date: '2026-06-30', custom_fields: { mail: NEEDLE } },
    'description',
  ],
  ['notes', { body: NEEDLE, custom_fields: { mail: NEEDLE } }, 'body'],
  [
    'leads',
    {
      name: NEEDLE,
      email: NEEDLE,
      phone: '1',
      event_date: '2026-08-15',
      tags: [NEEDLE],
      crm_lead_id: 'crm-1',
      referrer: `https://x.example/?utm_source=${NEEDLE}`,
    },
    'email',
  ],
] as const;

/** A report of another CRM about the lead. */
async function report(): Promise<void> {
  const { secret } = (await s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'CRM' } })).json;
  const body = { crm_lead_id: 'crm-1', email: NEEDLE };
  const { text } = await s.ask('POST', '/webhooks/crm/lead', { body, as: secret });
  if (!text.includes('"stored":true')) throw new Error(text);
}

describe('section 6: personal data of a deleted record is erased once its deliveries have settled', () => {
  test.each(KINDS)('of %s, in every table', async (plural, body, changing) => {
    const key = (name: string) => ({ 'idempotency-key': `${plural}-${name}` });
    const made = await s.ask('POST', `/api/v1/${plural}`, { body, headers: key('make') });
    expect(made.status, made.text).toBe(201);
    const item = `/api/v1/${plural}/${made.json.id}`;
    expect(
      (await s.ask('PATCH', item, { body: { [changing]: `x.${NEEDLE}` }, headers: key('change') })).status,
    ).toBe(200);
    const others = { records: [body, { ...body, [changing]: `y.${NEEDLE}` }] };
    const batch = await s.ask('POST', `/api/v1/${plural}/batch`, { body: others, headers: key('batch') });
    expect(batch.status, batch.text).toBe(200);
    if (plural === 'leads') await report();
    await settled();
    const [delivery] = (await s.ask('GET', `${path}/deliveries?limit=1`)).json.data;
    await s.ask('POST', `/api/v1/deliveries/${delivery.id}/resend`);
    await settled();

    const before = await tablesWith(NEEDLE);
    const record = plural.replace(/ies$/, 'y').replace(/s$/, '');
    const expected = ['activity', 'attempt', 'event', 'idempotency', 'search_document', record];
    if (plural === 'leads') expected.push('lead_submission', 'crm_activity', 'tag');
    expect(before).toEqual(expected.toSorted());

    const ids = [made.json.id, ...batch.json.results.map((result: Made) => result.record.id)];
    for (const id of ids) {
      const gone = await s.ask('DELETE', `/api/v1/${plural}/${id}`);
      expect([gone.status, gone.text]).toEqual([204, '']);
      expect((await s.ask('POST', `/api/v1/${plural}/${id}/erase`)).status).toBe(202);
    }
    await settled();
    expect(await erase()).toBe(3);
    expect(await tablesWith(NEEDLE)).toEqual([]);
    expect(await erase()).toBe(0);

    const shown = await s.ask('GET', `${item}?include_deleted=true`);
    expect(shown.json).toEqual({ id: made.json.id, deleted_at: expect.any(String) });
    expect((await s.ask('GET', item)).status).toBe(404);
    // A repeated request with the same key creates nothing.
    const again = await s.ask('POST', `/api/v1/${plural}`, { body, headers: key('make') });
    expect([again.status, again.json.id]).toEqual([201, made.json.id]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const log = await s.ask('GET', `/api/v1/deliveries/${delivery.id}`);
    expect(log.json.state).toBe('delivered');
    expect(log.json.log ?? log.json.attempts).toBeDefined();
    expect(log.text).not.toContain(NEEDLE);
  });

  test('of leads from a form, one of them accepted from quarantine: answers and consent too', async () => {
    const fields = [
      { key: 'email', label: 'Email', type: 'email' },
      { key: 'hall', label: 'Hall', type: 'text' },
    ];
    const form = { name: 'Enquiries', fields, consent_text: 'You may write to me.' };
    const { id } = (await s.ask('POST', '/api/v1/forms', { body: form })).json;
    const answers = { email: NEEDLE, hall: NEEDLE, _consent: true, _page: `https://x.example/?q=${NEEDLE}` };
    for (const more of [{}, { website: 'a lure' }]) {
      const sent = await sendForm(s, id, { ...answers, ...more });
      expect(sent.status, sent.text).toBe(201);
    }
    expect(await tablesWith(NEEDLE)).toContain('form_aside');
    const [spam] = (await s.ask('GET', `/api/v1/forms/${id}/submissions?spam=true`)).json.data;
    const accepting = `/api/v1/forms/${id}/submissions/${spam.id}/accept`;
    const key = { 'idempotency-key': 'accept' };
    const accepted = await s.ask('POST', accepting, { headers: key });
    expect(accepted.status, accepted.text).toBe(200);
    const { data } = (await s.ask('GET', `/api/v1/forms/${id}/submissions`)).json;
    const leads: string[] = data.map((item: { lead_id: string }) => item.lead_id);
    expect(leads).toHaveLength(2);
    for (const lead of leads)
      await s.ask('PATCH', `/api/v1/leads/${lead}`, { body: { email: `x.${NEEDLE}` } });
    await settled();
    expect(await tablesWith(NEEDLE)).toEqual(
      [
        'activity',
        'attempt',
        'event',
        'idempotency',
        'lead',
        'lead_submission',
        'search_document',
      ].toSorted(),
    );

    for (const lead of leads) await s.ask('POST', `/api/v1/leads/${lead}/erase`);
    await settled();
    expect(await erase()).toBe(2);
    expect(await tablesWith(NEEDLE)).toEqual([]);
    const { rows } = await s.db.pool.query(
      'select payload, consent, referrer, utm from lead_submission where form_id is not null',
    );
    expect(rows).toEqual(leads.map(() => ({ payload: {}, consent: null, referrer: null, utm: {} })));
    const again = await s.ask('POST', accepting, { headers: key });
    const left = { id: spam.id, form_id: id, lead_id: accepted.json.lead_id, fields: {}, consent: null };
    expect([again.status, again.json]).toMatchObject([200, left]);
    const { data: fed } = (await s.ask('GET', '/api/v1/events?types=form.submitted')).json;
    expect(fed.map((item: { data: object }) => item.data)).toEqual(
      leads.map(() => expect.objectContaining({ form_id: id, fields: {}, consent: null, email: null })),
    );
  });

  test('resent deliveries and the feed still match their schemas', async () => {
    const { data: types } = (await s.ask('GET', '/api/v1/event-types')).json;
    const { data: fed } = (await s.ask('GET', '/api/v1/events?limit=200')).json;
    expect(fed.length).toBeGreaterThan(30);
    for (const { type, data } of fed as { type: string; data: { deleted_at?: string } }[]) {
      const { schema } = types.find(({ name }: { name: string }) => name === type);
      expect(problems(schema, data), JSON.stringify(data)).toEqual([]);
    }
    for (const format of ['standard', 'axocrm', 'automatenexus'] as const) {
      const named = types
        .filter((type: { subscribable: boolean }) => type.subscribable)
        .map(({ name }: { name: string }) => name);
      const other = await hook('*', { format, events: named, payload: 'full' });
      const before = receiver.received.length;
      const { json } = await s.ask('POST', `${other}/replay`, {
        body: { since: new Date(Date.now() - 3_600_000).toISOString(), only: 'all' },
      });
      expect(json.queued).toBe(fed.length);
      await settled();
      const sent = receiver.received.slice(before).map(({ rawBody }) => rawBody.toString());
      expect(sent).toHaveLength(fed.length);
      for (const body of sent) expect(body).not.toContain(NEEDLE);
      await s.ask('DELETE', other);
    }
  });

  test('ids, times and the fields of summaries stay', async () => {
    const body = { email: NEEDLE, status: 'customer', source: 'website', custom_fields: { a: 1 } };
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body })).json;
    await s.ask('POST', `/api/v1/contacts/${id}/erase`);
    await settled();
    await erase();
    const { data } = (await s.ask('GET', '/api/v1/events?types=contact.deleted&limit=200')).json;
    const event = data.find((item: { object_id: string }) => item.object_id === id);
    expect(event.data).toMatchObject({
      id,
      version: 2,
      first_name: null,
      email: null,
      status: 'customer',
      source: 'website',
      custom_fields: {},
      deleted_at: expect.any(String),
    });
    const { rows } = await s.db.pool.query('select * from contact where id = $1', [id]);
    expect(rows[0]).toMatchObject({ id, email: null, status: 'customer', expunged_at: expect.any(String) });
  });

  test('waits for held deliveries, at most 30 days; a record that is not deleted keeps all data', async () => {
    await s.ask('POST', '/api/v1/contacts', { body: { email: 'alive@private.example' } });
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body: { email: NEEDLE } })).json;
    await settled();
    receiver.answer(() => ({ status: 500 }));
    await s.ask('POST', `/api/v1/contacts/${id}/erase`);
    await receiver.waitFor(1);
    await s.ask('PATCH', path, { body: { active: false } });
    expect(await erase()).toBe(0);
    expect(await tablesWith(NEEDLE)).toContain('event');

    await s.db.pool.query(`update contact set deleted_at = now() - interval '30 days' where id = $1`, [id]);
    expect(await erase()).toBe(1);
    expect(await tablesWith(NEEDLE)).toEqual([]);
    receiver.answer(({ rawBody }) => ({ status: 200, body: rawBody }));
    await s.ask('PATCH', path, { body: { active: true } });
    await s.ask('POST', '/api/v1/webhooks/send-pending');
    await settled();
    const last = JSON.parse(receiver.received.at(-1)!.rawBody.toString());
    expect(last).toMatchObject({ type: 'contact.deleted', data: { id, email: null } });
    expect(await tablesWith('alive@private.example')).toContain('contact');
  });

  test('waits for resent deliveries too; several processes erase a record once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { json } = await s.ask('POST', '/api/v1/contacts', { body: { email: NEEDLE } });
        return json.id as string;
      }),
    );
    await settled();
    const [delivery] = (await s.ask('GET', `${path}/deliveries?limit=1`)).json.data;
    for (const id of ids) await s.ask('POST', `/api/v1/contacts/${id}/erase`);
    await settled();
    receiver.answer(() => ({ status: 500 }));
    const before = receiver.received.length;
    await s.ask('POST', `/api/v1/deliveries/${delivery.id}/resend`);
    await receiver.waitFor(before + 1);
    const log = async () => (await s.ask('GET', `${path}/deliveries?limit=1`)).json.data;
    await expect.poll(async () => (await log())[0].last_failure, { timeout: 10_000 }).not.toBeNull();
    const done = await Promise.all([erase(), erase(), erase()]);
    expect(done.reduce((sum, item) => sum + item, 0)).toBe(19);
    receiver.answer(() => ({ status: 200 }));
    await s.ask('POST', '/api/v1/webhooks/send-pending');
    await settled();
    expect(await erase()).toBe(1);
    expect(await tablesWith(NEEDLE)).toEqual([]);
  });
});

describe('section 6: what other records and responses hold of an erased record', () => {
  const make = async (plural: string, body: object, headers = {}) => {
    const made = await s.ask('POST', `/api/v1/${plural}`, { body, headers });
    expect(made.status, made.text).toBe(201);
    return made.json;
  };
  const eraseNow = async (item: string) => {
    expect((await s.ask('POST', `/api/v1/${item}/erase`)).status).toBe(202);
    await settled();
    await erase();
    await settled();
  };

  test('a response to a request that changed nothing is redacted, however old the record is', async () => {
    const { id } = await make('contacts', { email: NEEDLE });
    await s.db.pool.query(
      `update activity set occurred_at = now() - interval '9 days' where record_id = $1`,
      [id],
    );
    const headers = { 'idempotency-key': 'changes-nothing' };
    const same = await s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { email: NEEDLE }, headers });
    expect(same.json).toMatchObject({ version: 1, email: NEEDLE });
    await eraseNow(`contacts/${id}`);
    expect(await tablesWith(NEEDLE)).toEqual([]);
  });

  test('the notes on a person are erased with the person', async () => {
    const contact = await make('contacts', { first_name: 'Jane' });
    const lead = await make('leads', { name: 'Jane', email: 'jane@lead.example' });
    const company = await make('companies', { name: 'Acme' });
    const [first, second, other] = [
      await make('notes', { contact_id: contact.id, body: NEEDLE }),
      await make('notes', { lead_id: lead.id, type: 'call', body: NEEDLE }),
      await make('notes', { company_id: company.id, body: 'Rings back' }),
    ];
    await eraseNow(`contacts/${contact.id}`);
    await eraseNow(`leads/${lead.id}`);
    expect(await tablesWith(NEEDLE)).toEqual([]);
    for (const { id } of [first, second])
      expect((await s.ask('GET', `/api/v1/notes/${id}`)).status).toBe(404);
    expect((await s.ask('GET', `/api/v1/notes/${other.id}`)).json.body).toBe('Rings back');
  });

  test('the name of a company is erased at its contacts, which stay', async () => {
    const name = 'Theodora & Daughters';
    const key = (value: string) => ({ 'idempotency-key': value });
    const company = await make('companies', { name });
    const employee = { first_name: 'Ada', company_id: company.id };
    const contact = await make('contacts', employee, key('employee'));
    expect(contact.company).toBe(name);
    const item = `/api/v1/contacts/${contact.id}`;
    await s.ask('PATCH', item, { body: { job_title: 'Captain' }, headers: key('promotion') });
    await settled();
    await eraseNow(`companies/${company.id}`);
    await expect.poll(() => tablesWith(name), { timeout: 10_000 }).toEqual([]);
    const left = (await s.ask('GET', item)).json;
    expect(left).toMatchObject({ ...employee, company: null, job_title: 'Captain' });
    const again = await s.ask('POST', '/api/v1/contacts', { body: employee, headers: key('employee') });
    expect(again.json).toMatchObject({ id: contact.id, first_name: 'Ada', company: null });
  });
});

describe('section 6: a deleted record waits 30 days for its erasure', () => {
  const created = async () =>
    (await s.ask('POST', '/api/v1/contacts', { body: { email: NEEDLE } })).json.id as string;
  const restore = (id: string) => s.ask('POST', `/api/v1/contacts/${id}/restore`);
  const age = (id: string, days: number) =>
    s.db.pool.query(`update contact set deleted_at = now() - make_interval(days => $2) where id = $1`, [
      id,
      days,
    ]);

  test('after 29 days it can be restored; after 30 it is erased, and answers 410', async () => {
    const id = await created();
    await s.ask('DELETE', `/api/v1/contacts/${id}`);
    await settled();
    await age(id, 29);
    expect(await erase()).toBe(0);
    expect((await restore(id)).json).toMatchObject({ id, email: NEEDLE });
    await s.ask('DELETE', `/api/v1/contacts/${id}`);
    await settled();
    await age(id, 30);
    expect((await restore(id)).status).toBe(410);
    expect(await erase()).toBe(1);
    expect(await tablesWith(NEEDLE)).toEqual([]);
    const gone = await restore(id);
    expect([gone.status, gone.json.error.code]).toEqual([410, 'gone']);
    expect((await s.ask('GET', '/api/v1/contacts?deleted=only')).json.data).toEqual([]);
  });

  test('a restore and the erasure at once: one of the two happens', async () => {
    for (let n = 0; n < 10; n += 1) {
      const id = await created();
      await s.ask('DELETE', `/api/v1/contacts/${id}`);
      await settled();
      // Just within the 30 days for the one, just after them for the other.
      await s.db.pool.query(
        `update contact set deleted_at = now() - interval '30 days' + interval '20 ms' where id = $1`,
        [id],
      );
      const [reply] = await Promise.all([restore(id), erase(), erase()]);
      await erase();
      const { rows } = await s.db.pool.query(
        'select email, deleted_at is null as is_restored, expunged_at is null as is_whole from contact where id = $1',
        [id],
      );
      const isRestored = reply.status === 200;
      expect([reply.status, rows]).toEqual([
        isRestored ? 200 : 410,
        [{ email: isRestored ? NEEDLE : null, is_restored: isRestored, is_whole: isRestored }],
      ]);
      await s.ask('POST', `/api/v1/contacts/${id}/erase`);
      await settled();
      await erase();
    }
  });

  test('a restored lead counts in the analytics again, and has its submissions', async () => {
    const body = { name: 'Jane Doe', email: NEEDLE, phone: '1', event_date: '2026-08-15' };
    const { id } = (await s.ask('POST', '/api/v1/leads', { body })).json;
    const total = async () => (await s.ask('GET', '/analytics/leads')).json.leads as number;
    const before = await total();
    await s.ask('DELETE', `/api/v1/leads/${id}`);
    const between = await total();
    await s.ask('POST', `/api/v1/leads/${id}/restore`);
    expect([between, await total()]).toEqual([before - 1, before]);
    const submissions = await s.ask('GET', `/api/v1/leads/${id}/submissions`);
    expect(submissions.json.data).toHaveLength(1);
  });
});

interface Made {
  record: { id: string };
}

describe('a record that was merged and taken out again', () => {
  let sent = 0;
  const send = async (at: string, body: object, method = 'POST') => {
    const headers = { 'idempotency-key': `former-merge-${(sent += 1)}` };
    const reply = await s.ask(method, `/api/v1/contacts${at}`, { body, headers });
    expect(reply.status, reply.text).toBeLessThan(300);
    return reply.json;
  };

  test('is erased from the history of those it was merged into; their own values stay', async () => {
    const person = 'theodora@private.example';
    const values = { last_name: person, email: person, notes: person, tags: [person] };
    const { id } = await send('', { first_name: 'T', ...values, custom_fields: { mail: person } });
    const between = await send('', { first_name: 'Between' });
    const last = await send('', { first_name: 'Last', job_title: 'Captain' });
    await send(`/${between.id}/merge`, { with: [id] });
    await send(`/${last.id}/merge`, { with: [between.id] });
    await send(`/${last.id}`, { job_title: 'Pilot' }, 'PATCH');
    await send(`/${last.id}/unmerge`, { id });
    await settled();
    await send(`/${id}/erase`, {});
    await settled();
    await erase();
    await settled();
    expect(await tablesWith(person)).toEqual([]);
    const timeline = (await s.ask('GET', `/api/v1/activities/${last.id}`)).json.data;
    const change = timeline.find(
      (entry: { changed: object | null }) => entry.changed && 'job_title' in entry.changed,
    );
    expect(change).toMatchObject({ changed: { job_title: 'Captain' }, changed_to: { job_title: 'Pilot' } });
  });
});
