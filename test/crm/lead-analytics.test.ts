import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const JANE = {
  name: 'Jane Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};
const SECRET = 'from-the-environment';

let s: Scenario;
let bob: SignedIn;
beforeAll(async () => {
  s = await startScenario({
    FAIRLEAD_SERVICES: 'api',
    FAIRLEAD_LEADS_PER_HOUR: '0',
    CRM_WEBHOOK_SECRET: SECRET,
  });
  bob = await makeMember(s, 'member', { name: 'Bob' });
});
afterAll(() => s.stop());

async function lead(more: object = {}, as = s.alice.key) {
  const { json, status, text } = await s.ask('POST', '/api/v1/leads', { as, body: { ...JANE, ...more } });
  expect(status, text).toBe(201);
  return (await s.ask('GET', `/api/v1/leads/${json.id}`, { as })).json;
}
const patch = async ({ id }: { id: string }, body: object, by: Pick<SignedIn, 'ask'> = s) => {
  const reply = await by.ask('PATCH', `/api/v1/leads/${id}`, { body });
  expect(reply.status, reply.text).toBe(200);
  return reply.json;
};

describe('CW5: GET /analytics/leads/:id', () => {
  test('returns the lead, its submissions, its timeline and the CRM’s activities, newest first, by id and by number', async () => {
    const made = await lead({ crm_lead_id: 'crm-story', guests: 80 });
    await patch(made, { status: 'contacted' });
    for (const n of [1, 2])
      await s.ask('POST', '/webhooks/crm/lead', {
        as: SECRET,
        body: { crm_lead_id: 'crm-story', event_type: 'status_changed', n },
      });
    await s.newEvents();
    const reply = await s.ask('GET', `/analytics/leads/${made.id}`);
    expect(reply.status, reply.text).toBe(200);
    const { lead: rendered, submissions, timeline, crm_activity: activity } = reply.json;
    expect(rendered).toMatchObject({ id: made.id, number: made.number, status: 'contacted', version: 2 });
    expect(submissions).toMatchObject([{ payload: { guests: 80 }, crm_lead_id: 'crm-story' }]);
    expect(activity).toEqual(
      [2, 1].map((n) => ({
        id: expect.any(String),
        event_type: 'status_changed',
        payload: { crm_lead_id: 'crm-story', event_type: 'status_changed', n },
        received_at: expect.stringMatching(/Z$/),
      })),
    );
    expect(timeline.map(({ label }: { label: string }) => label)).toEqual([
      'CRM',
      'CRM',
      'Changed',
      'Created',
    ]);
    expect(timeline[0]).toMatchObject({ type: 'status_changed', actor: null, payload: { n: 2 } });
    expect(timeline[2]).toMatchObject({ type: 'lead.updated', changed: { status: 'new' }, payload: null });
    expect((await s.ask('GET', `/analytics/leads/${made.number}`)).json).toEqual(reply.json);
    expect((await bob.ask('GET', `/analytics/leads/${made.id}`)).json).toEqual(reply.json);
    expect(await s.newEvents()).toEqual([]);
  });

  test('404 for a lead of another workspace, a deleted one and a malformed id; 403 without leads:read; 401 without a key', async () => {
    const made = await lead();
    const path = `/analytics/leads/${made.id}`;
    expect((await s.ask('GET', path, { as: s.charlie })).status).toBe(404);
    expect((await s.ask('GET', path, { as: s.bob })).status).toBe(403);
    expect((await s.ask('GET', path, { as: null })).status).toBe(401);
    await s.ask('DELETE', `/api/v1/leads/${made.id}`);
    for (const id of [made.id, made.number, 'x', '-1', '0', '99999999999'])
      expect((await s.ask('GET', `/analytics/leads/${id}`)).status, id).toBe(404);
  });
});

describe('first contact', () => {
  test('is when the status first leaves new, or a member first changes something', async () => {
    const byKey = await lead();
    expect((await patch(byKey, { notes: 'an integration’s' })).first_contacted_at).toBeNull();
    const first = await patch(byKey, { status: 'contacted' });
    expect(first.first_contacted_at).toBe(first.updated_at);
    const again = await patch(byKey, { status: 'new', first_contacted_at: null, converted_at: null });
    expect(again.first_contacted_at).toBe(first.first_contacted_at);
    const byBob = await lead();
    expect((await patch(byBob, { notes: null }, bob)).first_contacted_at).toBeNull();
    expect((await patch(byBob, { notes: 'called' }, bob)).first_contacted_at).not.toBeNull();
  });
});

describe('GET /analytics/leads', () => {
  test('counts by source, event type, status, owner and time; conversion and time to first contact', async () => {
    const { key: as } = await elsewhere();
    const range = 'created_at[gte]=2026-01-01&created_at[lt]=2026-02-01';
    const ask = async (more: string) => (await s.ask('GET', `/analytics/leads?${range}${more}`, { as })).json;
    for (const body of [{ source: 'Fair' }, { source: 'Fair' }, { source: 'Radio' }, {}, {}])
      await lead(body, as);
    await s.ask('POST', '/api/v1/lead-statuses', { as, body: { name: 'Signed', kind: 'won' } });
    const { data } = (await s.ask('GET', '/api/v1/leads?sort=created_at', { as })).json;
    for (const [n, status] of ['won', 'signed', 'lost', 'new', 'new'].entries())
      await s.ask('PATCH', `/api/v1/leads/${data[n].id}`, { as, body: { status } });
    // Contacted after 10, 20 and 90 minutes; the last one is outside the range.
    for (const [n, at, minutes] of [
      [0, '2026-01-05T10:00:00Z', 10],
      [1, '2026-01-05T23:59:59.999Z', 20],
      [2, '2026-01-31T00:00:00Z', 90],
      [3, '2026-01-01T00:00:00Z', null],
      [4, '2026-02-01T00:00:00Z', null],
    ] as const)
      await moveTo(data[n].id, at, minutes);

    const rendered = await ask('');
    expect(rendered).toMatchObject({
      from: '2026-01-01T00:00:00.000Z',
      until: '2026-02-01T00:00:00.000Z',
      leads: 4,
      converted: 2,
      conversion_rate: 0.5,
      first_contact: { leads: 3, median_s: 1200, p90_s: expect.closeTo(4560) },
      by_source: [
        { source: 'Fair', leads: 2, converted: 2 },
        { source: 'Radio', leads: 1, converted: 0 },
        { source: null, leads: 1, converted: 0 },
      ],
      by_event_type: [{ event_type: null, leads: 4, converted: 2 }],
      by_owner: [{ owner_id: null, name: null, leads: 4, converted: 2 }],
    });
    expect(rendered.by_status).toContainEqual({ status: 'signed', leads: 1, converted: 1 });
    expect(rendered.by_time).toHaveLength(31);
    expect(rendered.by_time[0]).toEqual({ start: '2026-01-01', leads: 1, converted: 0 });
    expect(rendered.by_time[4]).toEqual({ start: '2026-01-05', leads: 2, converted: 2 });
    expect((await ask('&interval=week')).by_time.map(({ start }: { start: string }) => start)).toEqual([
      '2025-12-29',
      '2026-01-05',
      '2026-01-12',
      '2026-01-19',
      '2026-01-26',
    ]);
    expect((await ask('&interval=month')).by_time).toEqual([{ start: '2026-01-01', leads: 4, converted: 2 }]);
    expect((await ask('&source=FAIR')).leads).toBe(2);
    expect((await ask('&source=nothing')).conversion_rate).toBeNull();
    const [{ id }] = (await s.ask('GET', '/api/v1/leads?status=won', { as })).json.data;
    await s.ask('DELETE', `/api/v1/leads/${id}`, { as });
    expect((await ask('')).leads).toBe(3);
  });

  test('counts by owner with names; the default range is the last 30 days', async () => {
    await lead({ owner_id: bob.id });
    const rendered = (await s.ask('GET', `/analytics/leads?owner_id=${bob.id}`)).json;
    expect(rendered.by_owner).toEqual([{ owner_id: bob.id, name: 'Bob', leads: 1, converted: 0 }]);
    expect(Date.parse(rendered.until) - Date.parse(rendered.from)).toBe(30 * 86_400_000);
    expect((await s.ask('GET', '/analytics/leads', { as: s.charlie })).json.leads).toBe(0);
  });

  test.each([
    ['interval=hour', 'interval'],
    ['created_at[gte]=yesterday', 'created_at[gte]'],
    ['created_at[gte]=2026-02-01&created_at[lt]=2026-01-01', 'created_at[gte]'],
    ['created_at[gte]=1990-01-01', 'interval'],
    ['owner_id=bob', 'owner_id'],
    ['status=won', 'status'],
  ])('%s is a 400 that names it', async (query, field) => {
    const reply = await s.ask('GET', `/analytics/leads?${query}`);
    expect(reply.status).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
  });
});

describe('/lead-statuses', () => {
  const all = '/api/v1/lead-statuses';
  const keys = async (as: string) =>
    (await s.ask('GET', all, { as })).json.data.map(({ key }: { key: string }) => key);

  test('five are built in; others are created, ordered, renamed, and deleted if no lead has them', async () => {
    const { key: as } = await elsewhere();
    expect(await keys(as)).toEqual(['new', 'contacted', 'quoted', 'won', 'lost']);
    const body = { name: 'Site visit', position: 3 };
    const made = (await s.ask('POST', all, { as, body })).json;
    expect(made).toMatchObject({ key: 'site_visit', kind: 'open', position: 3, is_built_in: false });
    expect(await keys(as)).toEqual(['new', 'contacted', 'site_visit', 'quoted', 'won', 'lost']);
    expect((await s.ask('POST', all, { as, body: { name: 'SITE visit' } })).status).toBe(409);

    const held = await lead({}, as);
    for (const status of ['Site VISIT', 'site_visit']) {
      const reply = await s.ask('PATCH', `/api/v1/leads/${held.id}`, { as, body: { status } });
      expect(reply.json.status).toBe('site_visit');
    }
    const item = `${all}/${made.id}`;
    const moved = await s.ask('PATCH', item, { as, body: { name: 'Visit', position: 6 } });
    expect(moved.json).toMatchObject({ key: 'site_visit', name: 'Visit', position: 6 });
    expect((await s.ask('GET', item, { as })).json).toEqual(moved.json);
    expect(await keys(as)).toEqual(['new', 'contacted', 'quoted', 'won', 'lost', 'site_visit']);
    expect((await s.ask('GET', '/api/v1/leads?status=site_visit', { as })).json.data).toHaveLength(1);
    expect((await s.ask('DELETE', item, { as })).status).toBe(409);
    await s.ask('PATCH', `/api/v1/leads/${held.id}`, { as, body: { status: null } });
    expect((await s.ask('DELETE', item)).status).toBe(404);
    expect((await s.ask('DELETE', item, { as })).status).toBe(204);
    expect(await keys(as)).toHaveLength(5);
  });

  test('a built-in status can be renamed and moved, but not deleted or given another kind', async () => {
    const { key: as } = await elsewhere();
    const { data } = (await s.ask('GET', all, { as })).json;
    const item = `${all}/${data[0].id}`;
    expect((await s.ask('PATCH', item, { as, body: { kind: 'won' } })).status).toBe(409);
    expect((await s.ask('DELETE', item, { as })).status).toBe(409);
    const body = { ...data[0], name: 'Fresh', position: 2 };
    expect((await s.ask('PUT', item, { as, body })).json).toMatchObject({ key: 'new', name: 'Fresh' });
    expect((await lead({}, as)).status).toBe('new');
  });

  test('a concurrent deletion of a status and change of a lead to it: one of them is refused', async () => {
    const { key: as } = await elsewhere();
    const others = [await lead({}, as), await lead({}, as), await lead({}, as)];
    for (let round = 0; round < 25; round += 1) {
      const { id, key } = (await s.ask('POST', all, { as, body: { name: `Brief ${round}` } })).json;
      const take = ({ id: leadId }: { id: string }, body: object) =>
        s.ask('PATCH', `/api/v1/leads/${leadId}`, { as, body });
      const [first, ...taken] = await Promise.all([
        s.ask('DELETE', `${all}/${id}`, { as }),
        ...others.map((item) => take(item, { status: key })),
      ]);
      expect([204, 409]).toContain(first.status);
      const existing = await keys(as);
      expect(existing.includes(key)).toBe(first.status !== 204);
      expect(taken.every(({ status }) => status === 200 || status === 400)).toBe(true);
      for (const { status } of (await s.ask('GET', '/api/v1/leads', { as })).json.data)
        expect(existing, `round ${round}`).toContain(status);
      await Promise.all(others.map((item) => take(item, { status: 'new' })));
      await s.ask('DELETE', `${all}/${id}`, { as });
    }
  });

  test('an unknown status, kind or position is a 400 with the field', async () => {
    const made = await lead();
    const reply = await s.ask('PATCH', `/api/v1/leads/${made.id}`, { body: { status: 'emperor' } });
    expect(reply.json.error.fields[0]).toMatchObject({
      field: 'status',
      message: expect.stringContaining('quoted'),
    });
    for (const [field, body] of [
      ['name', { name: ' ' }],
      ['kind', { name: 'x', kind: 'great' }],
      ['position', { name: 'x', position: 0 }],
      ['colour', { name: 'x', colour: 'red' }],
    ] as const)
      expect((await s.ask('POST', all, { body })).json.error.fields[0].field).toBe(field);
  });
});

describe('tags', () => {
  test('are stored as sent, without duplicates, and found ignoring case', async () => {
    const made = await lead({ tags: ['VIP', ' spring ', 'vip'] });
    expect(made.tags).toEqual(['VIP', 'spring']);
    const plain = await lead();
    expect(plain.tags).toEqual([]);
    const found = async (tag: string) =>
      (await s.ask('GET', `/api/v1/leads?tag=${tag}`)).json.data.map(({ id }: { id: string }) => id);
    expect(await found('vIp')).toEqual([made.id]);
    expect(await found('vi')).toEqual([]);
    await s.newEvents();
    await patch(made, { tags: ['VIP', 'spring'] });
    expect(await s.newEvents()).toEqual([]);
    expect((await patch(made, { tags: [] })).tags).toEqual([]);
    expect(await s.newEvents()).toEqual(['lead.tag_removed', 'lead.tag_removed']);
    expect(await found('vip')).toEqual([]);
  });

  test.each([
    ['a text', 'vip'],
    ['an empty one', ['']],
    ['too many', Array.from({ length: 51 }, (_, n) => `t${n}`)],
    ['an endless one', ['x'.repeat(101)]],
  ])('%s is a 400', async (_name, tags) => {
    const made = await lead();
    const reply = await s.ask('PATCH', `/api/v1/leads/${made.id}`, { body: { tags } });
    expect(reply.json.error.fields[0].field).toMatch(/^tags/);
  });
});

async function elsewhere() {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'A workspace of its own' });
  const { raw } = await s.app.keys.create({ workspaceId, name: 'k', style: 'fairlead', createdBy: 'test' });
  return { workspaceId, key: raw };
}

/** Backdates a lead: its id begins with its creation time. */
async function moveTo(id: string, at: string, contactedAfterMinutes: number | null): Promise<void> {
  const hex = Date.parse(at).toString(16).padStart(12, '0');
  const moved = `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`;
  await s.db.pool.query('delete from lead_submission where lead_id = $1', [id]);
  await s.db.pool.query(
    `update lead set id = $2, created_at = $3,
       first_contacted_at = $3::timestamptz + make_interval(mins => $4) where id = $1`,
    [id, moved, at, contactedAfterMinutes],
  );
}
