import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { problems, type JsonSchema as Schema } from '../kit/json-schema.ts';
import { until } from '../kit/process.ts';
import { automatenexusFormat } from '../../src/integrations/automatenexus/automatenexus-format.ts';
import { MODULE_NOUNS } from '../../src/modules.ts';
import { NOUNS } from '../../src/crm/nouns.ts';
import { sampleBody } from '../kit/record-sample.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { actOnMail } from '../kit/sent-email.ts';
import { ACCOUNT_SID, AUTH_TOKEN, startFakeTwilio } from '../kit/fake-twilio.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { sendForm } from '../kit/visitor.ts';

interface Listed {
  name: string;
  object: string;
  subscribable: boolean;
  sample: Record<string, unknown>;
  schema: Schema;
  context?: Record<string, unknown>;
  context_schema?: Schema;
  examples: Record<string, { name: string; body: unknown; schema: Schema }>;
}

const OF_CRM = new Set(NOUNS.map(({ name }) => name));
const FORMATS = ['standard', 'axocrm', 'automatenexus', 'axcelerate'];

describe('AC6: every event has a schema, each field described, and a sample', () => {
  let s: Scenario;
  let receiver: Receiver;
  let types: Listed[];
  /** Every event of the feed. */
  let fed: { type: string; data: unknown; context: unknown }[];
  beforeAll(async () => {
    s = await startScenario();
    receiver = await startReceiver();
    types = (await s.ask('GET', '/api/v1/event-types')).json.data;
    const names = types.filter(({ subscribable }) => subscribable).map(({ name }) => name);
    for (const format of FORMATS) await subscribe(s, receiver, format, names);
    await everything(s);
    await furtherModules(s);
    await disabling(s, receiver);
    fed = await feed(s);
    // And the one that the receiver refused.
    await receiver.waitFor(fed.length * FORMATS.length + 1, 30_000);
  });
  afterAll(async () => {
    await s.stop();
    await receiver.close();
  });

  const typed = (name: string) => types.find((type) => type.name === name)!;

  test('every event type was fired', () => {
    expect([...new Set(fed.map(({ type }) => type))].toSorted()).toEqual(
      types
        .filter(({ subscribable }) => subscribable)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test('AN2: a receiver of AutomateNexus gets each of the 32 events of its document', () => {
    const documented = types.map(({ name }) => name).filter((name) => automatenexusFormat.documents(name));
    expect(documented).toHaveLength(32);
    const received = new Set(
      receiver.received
        .filter(({ url }) => url === '/automatenexus')
        .map(({ rawBody }) => (JSON.parse(rawBody.toString()) as { event: string }).event),
    );
    expect(documented.filter((name) => !received.has(name))).toEqual([]);
  });

  test('records and contexts of the feed match their schemas', () => {
    for (const { type, data, context } of fed) {
      const { schema, context_schema: contextSchema } = typed(type);
      expect(problems(schema, data), type).toEqual([]);
      expect(problems(contextSchema ?? { type: 'null' }, context), type).toEqual([]);
    }
  });

  test.each(FORMATS)('payloads of %s match its schema', (format) => {
    const sent = receiver.received.filter(({ url }) => url === `/${format}`);
    expect(sent).toHaveLength(fed.length);
    for (const { rawBody } of sent) {
      const body = JSON.parse(rawBody.toString()) as { type?: string; event?: string };
      const named = types.filter(({ examples }) => examples[format]!.name === (body.type ?? body.event));
      // axocrm has one name for two of these types.
      expect(named.length).toBeGreaterThan(0);
      for (const { name, examples } of named)
        expect(problems(examples[format]!.schema, body), `${name} ${rawBody.toString()}`).toEqual([]);
    }
  });

  test('samples and examples of each format match their schemas', () => {
    for (const type of types) {
      expect(problems(type.schema, type.sample), type.name).toEqual([]);
      expect(problems(type.context_schema ?? { type: 'null' }, type.context ?? null), type.name).toEqual([]);
      for (const [format, { body, schema }] of Object.entries(type.examples))
        expect(problems(schema, body), `${type.name} ${format}`).toEqual([]);
    }
  });

  test('every field has a description, and no field is missing from the schema', () => {
    for (const { name, schema, context_schema: contextSchema, examples } of types) {
      const all = [schema, contextSchema ?? {}, ...Object.values(examples).map((item) => item.schema)];
      expect(
        all.flatMap((item) => undescribed(item, name)),
        name,
      ).toEqual([]);
      expect(problems(schema, { ...typed(name).sample, colour: 'red' })).not.toEqual([]);
    }
  });

  test('an event type by its name; an unknown one answers 404', async () => {
    expect((await s.ask('GET', '/api/v1/event-types/deal.won')).json).toEqual(typed('deal.won'));
    for (const name of ['deal.sneezed', 'nonsense'])
      expect((await s.ask('GET', `/api/v1/event-types/${name}`)).status).toBe(404);
  });
});

/** One webhook for all events; one for each event if the format allows only one event per webhook. */
async function subscribe(s: Scenario, receiver: Receiver, format: string, names: string[]): Promise<void> {
  for (const events of format === 'axcelerate' ? names.map((name) => [name]) : [names]) {
    const body = { name: format, format, events, url: `${receiver.url}/${format}` };
    const { status, text } = await s.ask('POST', '/api/v1/webhooks', { body });
    expect(status, text).toBe(201);
  }
}

/** Creates, changes and deletes one record of each kind, with all fields and with few. */
async function everything(s: Scenario): Promise<void> {
  const post = async (path: string, body: object) => {
    const { json, text, status } = await s.ask('POST', `/api/v1/${path}`, { body });
    expect(status, text).toBe(201);
    return json as { id: string };
  };
  const patch = async (path: string, { id }: { id: string }, body: object) => {
    const { status, text } = await s.ask('PATCH', `/api/v1/${path}/${id}`, { body });
    expect(status, text).toBe(200);
  };
  const custom = { custom_fields: { industry: 'Technology', employees: 40, active: true } };
  const company = await post('companies', { name: 'Acme', website: 'https://acme.example', ...custom });
  const contact = await post('contacts', {
    first_name: 'Jane',
    email: 'jane@example.com',
    company_id: company.id,
    ...custom,
  });
  const { data } = (await s.ask('GET', '/api/v1/pipelines')).json;
  const links = { contact_id: contact.id, company_id: company.id };
  const deal = await post('deals', {
    name: 'Deal',
    value: 12.5,
    expected_close_date: '2026-09-30',
    ...links,
    ...custom,
  });
  const task = await post('tasks', {
    title: 'Task',
    due_date: '2026-06-30',
    deal_id: deal.id,
    ...links,
    ...custom,
  });
  const lead = await post('leads', {
    name: 'Jane Doe',
    email: 'jane@example.com',
    phone: '1',
    event_date: '2026-08-15',
    ...custom,
  });
  await patch('leads', lead, { status: 'contacted' });
  const question = { key: 'email', label: 'Email', type: 'email', required: true };
  const requested = [
    { name: 'Form', fields: [question] },
    {
      name: 'Form',
      fields: [question, { key: 'guests', label: 'Guests', type: 'number' }],
      consent_text: 'Yes',
      source: 'Website',
    },
  ];
  for (const body of requested) {
    const { id } = await post('forms', body);
    const sent = await sendForm(s, id, { email: 'jane@example.com', _consent: true });
    expect(sent.status, sent.text).toBe(201);
  }
  for (const [path, body] of [
    [
      'leads?on_duplicate=attach',
      { name: 'Jane', email: 'jane@example.com', phone: '1', event_date: '2026-08-15' },
    ],
    [`leads/${lead.id}/convert`, { deal: {} }],
  ] as const) {
    const { status, text } = await s.ask('POST', `/api/v1/${path}`, { body });
    expect(status, text).toBe(200);
  }
  // With another field: a change of tags alone is also an update to webhooks of axcelerate.
  for (const [path, record, field] of [
    ['companies', company, 'phone'],
    ['contacts', contact, 'notes'],
    ['deals', deal, 'notes'],
    ['tasks', task, 'description'],
    ['leads', lead, 'notes'],
  ] as const) {
    await patch(path, record, { [field]: 'tagged', tags: ['VIP'] });
    await patch(path, record, { [field]: null, tags: [] });
  }
  const [tag] = (await s.ask('GET', '/api/v1/tags')).json.data;
  await patch('tags', tag, { name: 'Renamed' });
  await patch('companies', company, { phone: '1' });
  await patch('contacts', contact, { notes: 'x' });
  await patch('deals', deal, { notes: 'x' });
  await patch('deals', deal, { stage_id: data[0].stages[1].id });
  await patch('deals', deal, { status: 'won' });
  await patch('notes', await post('notes', { body: 'Note', ...custom }), { pinned: true });
  await patch('tasks', task, { title: 'Another' });
  await patch('tasks', task, { status: 'completed' });
  await patch('deals', await post('deals', { name: 'Deal' }), { status: 'lost', lost_reason: 'price' });
  for (const [path, body] of [
    ['tasks', { title: 'Task' }],
    ['deals', { name: 'Deal' }],
    ['contacts', { last_name: 'Doe' }],
    ['companies', { name: 'Acme' }],
    ['leads', { name: 'Jane', email: 'j@example.com', phone: '1', event_date: '2026-08-15' }],
    ['notes', { body: 'Called', type: 'call', duration_min: 5, ...links }],
  ] as const) {
    const { id } = await post(path, body);
    expect((await s.ask('DELETE', `/api/v1/${path}/${id}`)).status).toBe(204);
    expect((await s.ask('POST', `/api/v1/${path}/${id}/restore`)).status).toBe(200);
  }
  for (const [path, record, body] of [
    ['contacts', contact, { last_name: 'Doe' }],
    ['companies', company, { name: 'Acme' }],
    ['leads', lead, { name: 'Jane', email: 'j@example.com' }],
  ] as const) {
    const { id } = await post(path, body);
    const { status, text } = await s.ask('POST', `/api/v1/${path}/${record.id}/merge`, {
      body: { with: [id] },
    });
    expect(status, text).toBe(200);
    // Now with `merged_ids`.
    await patch(path, record, { notes: 'merged' });
  }
}

/** The same for the records of the other modules. */
async function furtherModules(s: Scenario): Promise<void> {
  const sent = async (method: string, path: string, body?: object) => {
    const { json, text, status } = await s.ask(method, `/api/v1/${path}`, body ? { body } : {});
    expect(status, `${method} ${path}: ${text}`).toBeLessThan(300);
    return json as { id: string };
  };
  const post = (path: string, body: object = {}) => sent('POST', path, body);
  const patch = (path: string, body: object) => sent('PATCH', path, body);
  for (const { name, plural, hasTags } of MODULE_NOUNS.filter((noun) => !OF_CRM.has(noun.name))) {
    const { id } = await post(plural, await sampleBody(s, name));
    await patch(`${plural}/${id}`, { custom_fields: { industry: 'Technology' } });
    if (hasTags) {
      // With another field: a change of tags alone is also an update to webhooks of axcelerate.
      await patch(`${plural}/${id}`, { custom_fields: { industry: 'x' }, tags: ['VIP'] });
      await patch(`${plural}/${id}`, { custom_fields: { industry: 'y' }, tags: [] });
    }
    await sent('DELETE', `${plural}/${id}`);
    await post(`${plural}/${id}/restore`);
  }
  await actOnMail(s);
  const paid = await post('payments', { amount: 20, status: 'received' });
  await post(`payments/${paid.id}/refunds`, { amount: 5 });
  await post('payments', { amount: 20, status: 'failed' });
  const { id: subscription } = await post('subscriptions', { plan_name: 'Yearly' });
  await patch(`subscriptions/${subscription}`, { status: 'canceled' });
  await provideTelephony(s, post);
  const { id: enrolment } = await post('enrolments', await sampleBody(s, 'enrolment'));
  await patch(`enrolments/${enrolment}`, { status: 'completed' });
  await post('assessments', { enrolment_id: enrolment, unit_name: 'Burns', status: 'competent' });
  const book = (day: number, more: object = {}) =>
    post('appointments', { title: 'Visit', starts_at: `2031-01-0${day}T09:00:00Z`, ...more });
  const { id: moved } = await book(1);
  await patch(`appointments/${moved}`, { starts_at: '2031-01-01T12:00:00Z' });
  await post(`appointments/${moved}/cancel`, { reason: 'Ill' });
  const { id: requested } = await book(2, { status: 'pending' });
  await post(`appointments/${requested}/confirm`);
  const { id: missed } = await book(3);
  await patch(`appointments/${missed}`, { status: 'no_show' });
  await emailEvents(s, post);
  await receiveMail(s, post);
  const { id: held } = await book(4);
  await patch(`appointments/${held}`, { status: 'completed' });
}

/** What becomes of emails, as providers report it. */
async function emailEvents(
  s: Scenario,
  post: (path: string, body: object) => Promise<{ id: string }>,
): Promise<void> {
  const draft = async () =>
    (await post('emails', { to: 'jane@example.com', subject: 'Your berth', text: 'Hello.', status: 'draft' }))
      .id;
  const reports = s.app.emailReports;
  const source = { workspaceId: s.alice.workspaceId, connectionId: null };
  const at = Date.now();
  const ids = [await draft(), await draft(), await draft()];
  // As if they had been handed over.
  await s.db.pool.query("update email set status = 'unknown' where id = any($1)", [ids]);
  await reports.take(source, [
    { kind: 'delivered', at, emailId: ids[0]! },
    {
      kind: 'bounced',
      at,
      emailId: ids[1]!,
      bounce: { kind: 'hard', status: '5.1.1' },
      text: 'No such user.',
    },
    { kind: 'failed', at, emailId: ids[2]!, text: 'Too large.' },
  ]);
}

/** A contact writes, and a provider forwards the mail. */
async function receiveMail(
  s: Scenario,
  post: (path: string, body: object) => Promise<{ id: string }>,
): Promise<void> {
  await post('contacts', { email: 'far@example.com' });
  const secret = 'a secret of the webhook';
  const account = (await post('connections', {
    kind: 'postmark',
    name: 'Office',
    settings: { from_email: 'office@acme.example' },
    secrets: { server_token: 'token', webhook_secret: secret },
  })) as unknown as { urls: { url: string }[] };
  const inbound = account.urls
    .map(({ url }) => new URL(url).pathname)
    .find((path) => path.endsWith('/inbound'))!;
  const response = await fetch(`${s.url}${inbound}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-fairlead-secret': secret },
    body: JSON.stringify({
      MessageID: 'received-1',
      FromFull: { Email: 'far@example.com', Name: 'Far' },
      ToFull: [{ Email: 'office@acme.example', Name: 'Office' }],
      Subject: 'A question',
      TextBody: 'Is the berth free?',
    }),
  });
  expect(response.status, await response.text()).toBe(200);
}

/** Every event, in commit order. */
async function feed(s: Scenario) {
  const all: { type: string; data: unknown; context: unknown }[] = [];
  for (let cursor = ''; ;) {
    const { json } = await s.ask('GET', `/api/v1/events?limit=200${cursor && `&after=${cursor}`}`);
    all.push(...json.data);
    if (json.data.length < 200) return all;
    cursor = json.next_after;
  }
}

/** Makes a receiver disable its webhook. */
async function disabling(s: Scenario, receiver: Receiver): Promise<void> {
  receiver.answer(({ url }) => ({ status: url === '/gone' ? 410 : 200 }));
  const body = { name: 'gone', events: ['company.created'], url: `${receiver.url}/gone` };
  const { id } = (await s.ask('POST', '/api/v1/webhooks', { body })).json;
  await s.ask('POST', '/api/v1/companies', { body: { name: 'Acme' } });
  const state = async () => (await s.ask('GET', `/api/v1/webhooks/${id}`)).json.state;
  await until(async () => (await state()) === 'disabled');
}

/** The fields, dotted, that a schema does not describe. */
function undescribed(schema: Schema, at: string): string[] {
  const inner = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const branches = ['anyOf', 'allOf', 'oneOf'].flatMap((kind) => (schema[kind] ?? []) as Schema[]);
  return [
    ...inner.flatMap(([name, field]) => [
      ...(typeof field['description'] === 'string' && field['description'] !== '' ? [] : [`${at}.${name}`]),
      ...undescribed(field, `${at}.${name}`),
    ]),
    ...branches.flatMap((branch) => undescribed(branch, at)),
    ...(typeof schema['items'] === 'object' ? undescribed(schema['items'] as Schema, `${at}[]`) : []),
  ];
}

/** Messages that are sent, delivered and refused, and a call that comes in. */
async function provideTelephony(
  s: Scenario,
  post: (path: string, body: object) => Promise<{ id: string }>,
): Promise<void> {
  const twilio = await startFakeTwilio();
  try {
    const settings = {
      account_sid: ACCOUNT_SID,
      from: '+15550100001',
      base_url: twilio.url,
      per_second: 100,
    };
    const secrets = { auth_token: AUTH_TOKEN };
    const connection = await post('connections', { kind: 'twilio', name: 'Twilio', settings, secrets });
    const statusOf = async (id: string) => (await s.ask('GET', `/api/v1/messages/${id}`)).json;
    twilio.script('accept', 21614);
    const sent = await post('messages', { to: '+15551234567', body: 'Hello' });
    await vi.waitFor(async () => expect((await statusOf(sent.id)).status).toBe('sent'), 10_000);
    const report = { MessageSid: (await statusOf(sent.id)).external_id, MessageStatus: 'delivered' };
    await twilio.post(twilio.sent[0]!['StatusCallback']!, report);
    const refused = await post('messages', { to: '+15551234567', body: 'Hello' });
    await vi.waitFor(async () => expect((await statusOf(refused.id)).status).toBe('failed'), 10_000);
    const voice = `${s.url}/webhooks/twilio/${connection.id}/voice`;
    await twilio.post(voice, { CallSid: 'CA1', From: '+15551234567', To: '+15550100001' });
  } finally {
    await twilio.stop();
  }
}
