import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { madeReferences } from '../kit/record-sample.ts';
import {
  runCase,
  startScenario,
  type ApiCase,
  type Ask,
  type Person,
  type Scenario,
} from '../kit/scenario.ts';

/** What the suite needs to test a kind of record. */
interface Subject {
  /** Default: the plural. */
  name?: string;
  plural: string;
  noun: string;
  /** The event of a new record; default: that of the noun, as in `contact.created`. */
  created?: string;
  /** A valid body, and a change that alters the record. */
  valid: Record<string, unknown>;
  change: Record<string, unknown>;
  /** A filter that finds the record of `valid`, and a value that finds nothing. */
  filter: { name: string; value: string; nothing: string };
  /** A text field, for invalid input. */
  text: { field: string; max: number };
  /** An invalid body with the fields of its errors; default: an unknown field. */
  bad?: { body: Record<string, unknown>; fields: string[] };
  /** The scope that creating takes, if not the write scope. */
  createScope?: string;
  /** A scope that does not allow access; default: the one to create leads. */
  noScope?: string;
  /**
   * Its POST is another system's, RemixCRM's Lead API (RX5, RX6): it answers a receipt and refuses in a shape
   * of its own.
   */
  isRemixcrm?: true;
  /** Requests prefer the record as the response (`Prefer: return=representation`). */
  prefersRecord?: true;
  /** Tests that do not apply, each with the reason. */
  skipped?: { record?: string; unknownField?: string; form?: string; tags?: string };
}

/** A lead, for whoever it is answered to. */
const LEADS = {
  plural: 'leads',
  noun: 'lead',
  valid: {
    first_name: 'Jane',
    last_name: 'Doe',
    email: 'jane@example.com',
    phone: '+15551234567',
    event_date: '2026-08-15',
    source: 'Website contact form',
  },
  change: { notes: 'Four hours, indoor.', custom_fields: { guests: 80 } },
  filter: { name: 'email', value: 'JANE@example.com', nothing: 'nobody@example.com' },
  text: { field: 'first_name', max: 200 },
  bad: { body: { email: 'nowhere' }, fields: ['email'] },
  noScope: 'contacts:read',
} satisfies Subject;

const KEPT = {
  unknownField: 'a field that is not known is kept with the submission',
  form: 'RX8: a form is taken too',
};

const SUBJECTS: Subject[] = [
  {
    plural: 'contacts',
    noun: 'contact',
    valid: { first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com', source: 'website' },
    change: { phone: '+15551234567', custom_fields: { industry: 'Shipping' } },
    filter: { name: 'email', value: 'JANE@example.com', nothing: 'nobody@example.com' },
    text: { field: 'first_name', max: 200 },
  },
  {
    plural: 'companies',
    noun: 'company',
    valid: { name: 'Acme Ltd', website: 'https://acme.example' },
    change: { phone: '+15551234567', custom_fields: { employees: 40 } },
    filter: { name: 'website', value: 'https://ACME.example', nothing: 'https://nobody.example' },
    text: { field: 'name', max: 200 },
  },
  {
    plural: 'deals',
    noun: 'deal',
    valid: { name: 'Acme: Q3 contract', value: 5000.5, currency: 'GBP' },
    change: { notes: 'They asked for terms.', custom_fields: { seats: 12 } },
    filter: { name: 'name', value: 'ACME: q3 CONTRACT', nothing: 'Nothing' },
    text: { field: 'name', max: 200 },
  },
  {
    plural: 'tasks',
    noun: 'task',
    valid: { title: 'Follow up with Acme', priority: 'high', due_date: '2026-06-30' },
    change: { description: 'Ask about the harbour.', custom_fields: { hours: 2 } },
    filter: { name: 'due_date', value: '2026-06-30', nothing: '2026-07-01' },
    text: { field: 'title', max: 200 },
  },
  {
    plural: 'notes',
    noun: 'note',
    valid: { body: 'Asked about the harbour.', type: 'call', happened_at: '2026-06-01T09:00:00.000Z' },
    change: { pinned: true, custom_fields: { mood: 'good' } },
    filter: { name: 'type', value: 'call', nothing: 'meeting' },
    text: { field: 'body', max: 50_000 },
    skipped: { tags: 'RC3: notes have none' },
  },
  {
    plural: 'courses',
    noun: 'course',
    valid: { name: 'First aid', code: 'HLTAID011', price: 120, currency: 'AUD' },
    change: { description: 'One day.', custom_fields: { hours: 8 } },
    filter: { name: 'code', value: 'HLTAID011', nothing: 'HLTAID012' },
    text: { field: 'name', max: 200 },
  },
  {
    plural: 'course-runs',
    noun: 'course_run',
    valid: { name: 'First aid, June', starts_at: '2026-06-20T00:00:00.000Z', venue: 'Room 4', places: 600 },
    change: { notes: 'Bring a mat.', custom_fields: { room: 4 } },
    filter: { name: 'venue', value: 'Room 4', nothing: 'Room 5' },
    text: { field: 'name', max: 200 },
  },
  {
    plural: 'enrolments',
    noun: 'enrolment',
    valid: { status: 'tentative', amount: 120, currency: 'AUD' },
    change: { notes: 'Vegetarian.', custom_fields: { meal: 'vegetarian' } },
    filter: { name: 'status', value: 'tentative', nothing: 'withdrawn' },
    text: { field: 'notes', max: 50_000 },
  },
  {
    plural: 'assessments',
    noun: 'assessment',
    valid: { unit_name: 'Provide resuscitation', unit_code: 'HLTAID009', status: 'submitted' },
    change: { outcome_code: '70', custom_fields: { attempt: 1 } },
    filter: { name: 'unit_code', value: 'HLTAID009', nothing: 'HLTAID010' },
    text: { field: 'unit_name', max: 200 },
    skipped: { tags: 'RC3: assessments have none' },
  },
  {
    plural: 'emails',
    noun: 'email',
    createScope: 'emails:send',
    valid: { to: 'jane@example.com', subject: 'Your berth', status: 'draft' },
    change: { to: 'jane.doe@example.com', custom_fields: { campaign: 'June' } },
    filter: { name: 'status', value: 'draft', nothing: 'bounced' },
    text: { field: 'subject', max: 500 },
    skipped: { tags: 'RC3: emails have none' },
  },
  {
    plural: 'templates',
    noun: 'template',
    valid: { name: 'Welcome', subject: 'Welcome', html: '<p>Hello</p>' },
    change: { subject: 'Hello', custom_fields: { season: 'summer' } },
    filter: { name: 'name', value: 'Welcome', nothing: 'Nothing' },
    text: { field: 'name', max: 200 },
    skipped: { tags: 'RC3: templates have none' },
  },
  {
    plural: 'payments',
    noun: 'payment',
    valid: { amount: 49.9, currency: 'GBP', description: 'Workshop', status: 'pending' },
    change: { description: 'Two days', custom_fields: { seats: 12 } },
    filter: { name: 'status', value: 'pending', nothing: 'refunded' },
    text: { field: 'description', max: 1000 },
    skipped: { tags: 'RC3: payments have none' },
  },
  {
    plural: 'subscriptions',
    noun: 'subscription',
    valid: { plan_name: 'Maintenance', amount: 49.9, currency: 'GBP', interval: 'year' },
    change: { quantity: 2, custom_fields: { seats: 12 } },
    filter: { name: 'interval', value: 'year', nothing: 'day' },
    text: { field: 'plan_name', max: 255 },
    skipped: { tags: 'RC3: subscriptions have none' },
  },
  {
    plural: 'appointments',
    noun: 'appointment',
    created: 'appointment.booked',
    valid: { title: 'Introduction', starts_at: '2027-03-01T09:00:00.000Z', guest_name: 'Jane Doe' },
    change: { location: 'Harbour 1', custom_fields: { room: 'Blue' } },
    filter: { name: 'status', value: 'booked', nothing: 'no_show' },
    text: { field: 'title', max: 200 },
    skipped: { tags: 'RC3: appointments have none' },
  },
  {
    ...LEADS,
    name: 'leads by the Lead API',
    isRemixcrm: true,
    skipped: { record: 'RX5: it answers id, status and lead_url', ...KEPT },
  },
  { ...LEADS, name: 'leads, the record preferred', prefersRecord: true, skipped: KEPT },
];

const UNKNOWN = { body: { bogus: 1 }, fields: ['bogus'] };

const NOWHERE = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';

describe.each(SUBJECTS.map((subject) => ({ name: subject.plural, ...subject })))(
  '$name behave like every record',
  (subject) => {
    const path = `/api/v1/${subject.plural}`;
    const created = subject.created ?? `${subject.noun}.created`;
    const updated = `${subject.noun}.updated`;
    const deleted = `${subject.noun}.deleted`;
    let s: Scenario;
    const references: Record<string, string> = {};
    beforeAll(async () => {
      s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
      Object.assign(references, await madeReferences(s, subject.noun));
      Object.assign(subject.valid, references);
      await s.newEvents();
    });
    afterAll(() => s.stop());

    const { bad: refused = UNKNOWN, noScope = 'leads:create', isRemixcrm, prefersRecord, skipped } = subject;
    const preference = prefersRecord ? { prefer: 'return=representation' } : {};
    const ask = (method: string, where: string, options: Ask = {}) =>
      s.ask(method, where, { ...options, headers: { ...preference, ...options.headers } });

    /** The body of `valid` for another workspace, which has no access to what it refers to. */
    const validFor = async (as: Person) =>
      as.workspaceId === s.alice.workspaceId
        ? subject.valid
        : { ...subject.valid, ...(await madeReferences(s, subject.noun, as)) };
    const make = async (as = s.alice) => {
      const { json } = await ask('POST', path, { as, body: await validFor(as) });
      return isRemixcrm ? (await ask('GET', `${path}/${json.id}`, { as })).json : json;
    };
    const run = (item: Omit<ApiCase, 'name'>) =>
      runCase(s, {
        name: '',
        ...item,
        headers: { ...preference, ...item.headers },
        ...(isRemixcrm &&
          item.method === 'POST' &&
          [path, `${path}/batch`].includes(item.path) && { refusedAs: 'remixcrm' }),
      });
    const because = (reason: string | undefined) => (reason === undefined ? '' : ` (not here: ${reason})`);

    test('create answers 201 with an ETag and a Location, and fires one event', async () => {
      await run({
        method: 'POST',
        path,
        body: subject.valid,
        status: 201,
        events: [created],
        check({ json, headers }) {
          expect(headers.get('etag')).toBe('"1"');
          expect(headers.get('location')).toBe(`${path}/${json.id}`);
        },
      });
      expect(await make()).toMatchObject({ ...subject.valid, created_by: `api_key:${s.alice.keyId}` });
    });

    test.skipIf(skipped?.record)(`create answers the record itself${because(skipped?.record)}`, async () => {
      await run({
        method: 'POST',
        path,
        body: subject.valid,
        status: 201,
        events: [created],
        check({ json }) {
          expect(json).toMatchObject({
            ...subject.valid,
            version: 1,
            created_by: `api_key:${s.alice.keyId}`,
          });
          expect(json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
          expect(json.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        },
      });
    });

    test.skipIf(skipped?.record)(`get answers what create answered${because(skipped?.record)}`, async () => {
      const made = await make();
      const got = await ask('GET', `${path}/${made.id}`);
      expect(got.json).toEqual(made);
      expect(got.headers.get('etag')).toBe('"1"');
    });

    test.each(['PATCH', 'PUT'])('%s changes only the fields sent and fires one event', async (method) => {
      const made = await make();
      await run({
        method,
        path: `${path}/${made.id}`,
        body: subject.change,
        status: 200,
        events: [updated],
        check({ json, headers }) {
          expect(json).toMatchObject({ ...subject.valid, ...subject.change, id: made.id, version: 2 });
          expect(headers.get('etag')).toBe('"2"');
        },
      });
      expect((await ask('GET', `${path}/${made.id}`)).json).toMatchObject(subject.change);
    });

    test('a change that changes nothing writes nothing and fires nothing', async () => {
      const made = await make();
      await run({
        method: 'PATCH',
        path: `${path}/${made.id}`,
        body: subject.valid,
        status: 200,
        events: [],
        check: ({ json }) => expect(json).toEqual(made),
      });
    });

    test('a record can be sent back as read: read-only fields are ignored', async () => {
      const made = await make();
      await run({
        method: 'PUT',
        path: `${path}/${made.id}`,
        body: { ...made, id: NOWHERE, version: 99 },
        status: 200,
        events: [],
      });
      expect((await ask('GET', `${path}/${made.id}`)).json).toEqual(made);
    });

    test('delete answers 204 and fires one event; then the record is only found with include_deleted', async () => {
      const made = await make();
      const item = `${path}/${made.id}`;
      await run({ method: 'DELETE', path: item, status: 204, events: [deleted] });
      await run({ method: 'GET', path: item, status: 404, code: 'not_found' });
      await run({ method: 'PATCH', path: item, body: subject.change, status: 404, code: 'not_found' });
      await run({ method: 'DELETE', path: item, status: 404, code: 'not_found' });
      const seen = await ask('GET', `${item}?include_deleted=true`);
      expect(seen.json).toEqual({ id: made.id, deleted_at: expect.any(String) });
    });

    test('If-Match with another version answers 412 and changes nothing', async () => {
      const made = await make();
      const item = `${path}/${made.id}`;
      await run({
        method: 'PATCH',
        path: item,
        body: subject.change,
        headers: { 'if-match': '"7"' },
        status: 412,
        code: 'precondition_failed',
      });
      await run({
        method: 'DELETE',
        path: item,
        headers: { 'if-match': '"nonsense"' },
        status: 412,
        code: 'precondition_failed',
      });
      await run({
        method: 'PATCH',
        path: item,
        body: subject.change,
        headers: { 'if-match': '"1"' },
        status: 200,
        events: [updated],
      });
      await run({
        method: 'DELETE',
        path: item,
        headers: { 'if-match': '"1", W/"2"' },
        status: 204,
        events: [deleted],
      });
    });

    test('fifty concurrent changes of one record all take effect, one at a time', async () => {
      const made = await make();
      await s.newEvents();
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          ask('PATCH', `${path}/${made.id}`, { body: { custom_fields: { [`field${n}`]: n } } }),
        ),
      );
      expect(replies.map(({ status }) => status)).toEqual(Array(50).fill(200));
      const { json } = await ask('GET', `${path}/${made.id}`);
      expect(Object.keys(json.custom_fields)).toHaveLength(50);
      expect(json.version).toBe(51);
      expect(await s.newEvents()).toEqual(Array(50).fill(updated));
    });

    describe.skipIf(skipped?.tags)(`tags (RC3)${because(skipped?.tags)}`, () => {
      const added = `${subject.noun}.tag_added`;
      const removed = `${subject.noun}.tag_removed`;
      const makeTagged = async (tags: string[]) => {
        const made = await make();
        const { json } = await ask('PATCH', `${path}/${made.id}`, { body: { tags } });
        await s.newEvents();
        return json;
      };

      test('a record made with tags fires created alone', async () => {
        await run({
          method: 'POST',
          path,
          body: { ...subject.valid, tags: ['New one', 'new ONE'] },
          status: 201,
          events: [created],
          async check({ json }) {
            expect((await ask('GET', `${path}/${json.id}`)).json.tags).toEqual(['New one']);
          },
        });
      });

      test('add and remove fire one event a tag, which has the tag', async () => {
        const made = await makeTagged(['old', 'kept']);
        await run({
          method: 'POST',
          path: `${path}/${made.id}/tags`,
          body: { add: ['VIP', 'vip', 'KEPT', 'Zoë'], remove: ['OLD', 'never had'] },
          status: 200,
          events: [removed, added, added],
          check({ json, headers }) {
            expect(json).toEqual({
              ...made,
              tags: ['kept', 'VIP', 'Zoë'],
              version: 3,
              updated_at: expect.any(String),
              ...('first_contacted_at' in made && { first_contacted_at: json.first_contacted_at }),
            });
            expect(headers.get('etag')).toBe('"3"');
          },
        });
        await run({
          method: 'POST',
          path: `${path}/${made.id}/tags`,
          body: { add: ['vip', 'Zoe\u0308'], remove: ['old'] },
          status: 200,
          events: [],
        });
        await run({ method: 'POST', path: `${path}/${made.id}/tags`, body: {}, status: 200, events: [] });
      });

      test.each(['PATCH', 'PUT'])('%s replaces the tags, and fires for each', async (method) => {
        const made = await makeTagged(['a', 'b']);
        const item = `${path}/${made.id}`;
        const body = { tags: ['B', 'c'] };
        await run({ method, path: item, body, status: 200, events: [removed, added] });
        expect((await ask('GET', item)).json.tags).toEqual(['b', 'c']);
        const both = { ...subject.change, tags: [] };
        await run({ method, path: item, body: both, status: 200, events: [updated, removed, removed] });
        await run({ method, path: item, body: { tags: null }, status: 200, events: [] });
      });

      test('two at once that add a tag add it once', async () => {
        const made = await make();
        await s.newEvents();
        const replies = await Promise.all(
          Array.from({ length: 10 }, (_, n) =>
            ask('POST', `${path}/${made.id}/tags`, { body: { add: ['at once', `own ${n}`] } }),
          ),
        );
        expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
        expect((await ask('GET', `${path}/${made.id}`)).json.tags).toHaveLength(11);
        expect(await s.newEvents()).toEqual(Array(11).fill(added));
      });

      test('a list is filtered by tag, in any case and Unicode form', async () => {
        const person = await ownWorkspace(s);
        const made = await make(person);
        await ask('POST', `${path}/${made.id}/tags`, { as: person, body: { add: ['Zoë'] } });
        await make(person);
        for (const tag of ['zoë', 'ZOE\u0308']) {
          const { json } = await ask('GET', `${path}?tag=${encodeURIComponent(tag)}`, { as: person });
          expect(json.data.map(({ id }: { id: string }) => id)).toEqual([made.id]);
        }
        expect((await ask('GET', `${path}?tag=zoe`, { as: person })).json.data).toEqual([]);
      });

      test('they need the right to write, the workspace, and the version', async () => {
        const made = await make();
        const item = `${path}/${made.id}/tags`;
        const body = { add: ['x'] };
        const reader = await s.person([`${subject.plural}:read`]);
        await run({ method: 'POST', path: item, as: reader, body, status: 403, code: 'forbidden' });
        await run({ method: 'POST', path: item, as: null, body, status: 401, code: 'unauthorized' });
        await run({ method: 'POST', path: item, as: s.charlie, body, status: 404, code: 'not_found' });
        const headers = { 'if-match': '"7"' };
        await run({ method: 'POST', path: item, headers, body, status: 412, code: 'precondition_failed' });
        await ask('DELETE', `${path}/${made.id}`);
        await s.newEvents();
        await run({ method: 'POST', path: item, body, status: 404, code: 'not_found' });
      });

      test('a repeated request under one Idempotency-Key adds nothing', async () => {
        const made = await make();
        const again = {
          method: 'POST',
          path: `${path}/${made.id}/tags`,
          body: { add: ['again'] },
          headers: { 'idempotency-key': 'tag-once' },
          status: 200,
        };
        await run({ ...again, events: [added] });
        await run({ ...again, events: [], check: ({ json }) => expect(json.version).toBe(2) });
      });

      const many = Array.from({ length: 51 }, (_, n) => `tag ${n}`);
      test.each<[string, object, string]>([
        ['an empty tag', { add: [' '] }, 'add.0'],
        ['an invisible tag', { add: ['\u200b'] }, 'add.0'],
        ['a NUL', { add: ['a\0b'] }, 'add.0'],
        ['a lone surrogate', { remove: ['\ud800'] }, 'remove.0'],
        ['an overlong tag', { add: ['x'.repeat(101)] }, 'add.0'],
        ['a number', { add: [5] }, 'add.0'],
        ['a text', { add: 'vip' }, 'add'],
        ['null', { add: null }, 'add'],
        ['51 tags', { add: many }, 'add'],
        ['a tag in both', { add: ['Vip'], remove: ['vIP'] }, 'remove'],
        ['an unknown field', { set: ['vip'] }, 'set'],
      ])('%s is refused, and nothing is written', async (_name, body, field) => {
        const made = await makeTagged(many.slice(0, 3));
        const item = `${path}/${made.id}`;
        await run({ method: 'POST', path: `${item}/tags`, body, status: 400, fields: [field] });
        expect((await ask('GET', item)).json).toEqual(made);
      });

      test('a record never has more than 50 tags', async () => {
        const made = await makeTagged(many.slice(0, 50));
        const item = `${path}/${made.id}/tags`;
        await run({ method: 'POST', path: item, body: { add: ['more'] }, status: 400, fields: ['add'] });
        const { json: found } = await s.ask('GET', '/api/v1/tags?q=more');
        expect(found.data).toEqual([]);
        const body = { add: ['more'], remove: ['tag 0'] };
        await run({ method: 'POST', path: item, body, status: 200, events: [removed, added] });
      });
    });

    describe('trash (section 6)', () => {
      const restored = `${subject.noun}.restored`;
      const makeDeleted = async () => {
        const made = await make();
        await ask('DELETE', `${path}/${made.id}`);
        await s.newEvents();
        return made;
      };

      test('a restored record is as it was, with a new version, and fires restored alone', async () => {
        const made = await makeDeleted();
        const item = `${path}/${made.id}`;
        await run({
          method: 'POST',
          path: `${item}/restore`,
          status: 200,
          events: [restored],
          check({ json, headers }) {
            expect(json).toEqual({ ...made, version: 3, updated_at: expect.any(String) });
            expect(headers.get('etag')).toBe('"3"');
          },
        });
        expect((await ask('GET', item)).json).toMatchObject({ id: made.id, version: 3 });
        await run({ method: 'POST', path: `${item}/restore`, status: 200, events: [] });
        await run({ method: 'DELETE', path: item, status: 204, events: [deleted] });
      });

      test('restored ten times at once, it is restored once', async () => {
        const made = await makeDeleted();
        const replies = await Promise.all(
          Array.from({ length: 10 }, () => ask('POST', `${path}/${made.id}/restore`)),
        );
        expect(replies.map(({ status, json }) => [status, json.version])).toEqual(
          Array.from({ length: 10 }, () => [200, 3]),
        );
        expect(await s.newEvents()).toEqual([restored]);
      });

      test('a repeated request under one Idempotency-Key restores once, although it was deleted again', async () => {
        const made = await makeDeleted();
        const headers = { 'idempotency-key': 'restore-once' };
        const again = { method: 'POST', path: `${path}/${made.id}/restore`, headers, status: 200 };
        await run({ ...again, events: [restored] });
        await ask('DELETE', `${path}/${made.id}`);
        await s.newEvents();
        await run({ ...again, events: [] });
        await run({ method: 'GET', path: `${path}/${made.id}`, status: 404, code: 'not_found' });
      });

      test('deleted=only lists the whole records, latest first, to callers that may write them', async () => {
        const person = await ownWorkspace(s);
        await make(person);
        const [first, second] = [await make(person), await make(person)];
        for (const { id } of [first, second]) await ask('DELETE', `${path}/${id}`, { as: person });
        const { json } = await ask('GET', `${path}?deleted=only&sort=-updated_at&count=exact`, {
          as: person,
        });
        expect(json.data).toMatchObject(
          [second, first].map((record) => ({
            ...record,
            version: 2,
            updated_at: expect.any(String),
            deleted_at: expect.any(String),
            deleted_by: `api_key:${person.keyId}`,
            restorable_until: expect.any(String),
          })),
        );
        expect(json.total_count).toBe(2);
        const [{ deleted_at: at, restorable_until: until }] = json.data;
        expect(Date.parse(until) - Date.parse(at)).toBe(30 * 86_400_000);
        const page = await ask('GET', `${path}?deleted=only&limit=1`, { as: person });
        const next = await ask('GET', page.json.next_url, { as: person });
        expect([...page.json.data, ...next.json.data].map(({ id }) => id)).toEqual([second.id, first.id]);
        const reader = await s.person([`${subject.plural}:read`]);
        const list = { method: 'GET', path: `${path}?deleted=only` };
        await run({ ...list, as: reader, status: 403, code: 'forbidden' });
        await run({ ...list, path: `${path}?deleted=all`, status: 400, fields: ['deleted'] });
        expect((await ask('GET', `${path}?deleted=only`, { as: s.charlie })).json.data).toEqual([]);
      });

      test('erase deletes a record that is not deleted, and ends its restoring', async () => {
        const made = await make();
        const item = `${path}/${made.id}`;
        await s.newEvents();
        await run({
          method: 'POST',
          path: `${item}/erase`,
          status: 202,
          events: [deleted],
          check: ({ json }) =>
            expect(json).toEqual({
              id: made.id,
              deleted_at: expect.any(String),
              erase_requested_at: expect.any(String),
              erased_at: null,
            }),
        });
        await run({ method: 'POST', path: `${item}/erase`, status: 202, events: [] });
        await run({ method: 'POST', path: `${item}/restore`, status: 410, code: 'gone' });
        const listed = await ask('GET', `${path}?deleted=only&limit=200`);
        const row = listed.json.data.find(({ id }: { id: string }) => id === made.id);
        expect(row.restorable_until).toBeNull();
      });

      test('they need the right to write, and the workspace', async () => {
        const made = await makeDeleted();
        const reader = await s.person([`${subject.plural}:read`]);
        for (const verb of ['restore', 'erase']) {
          const item = `${path}/${made.id}/${verb}`;
          await run({ method: 'POST', path: item, as: reader, status: 403, code: 'forbidden' });
          await run({ method: 'POST', path: item, as: null, status: 401, code: 'unauthorized' });
          await run({ method: 'POST', path: item, as: s.charlie, status: 404, code: 'not_found' });
          const unknown = `${path}/${NOWHERE}/${verb}`;
          await run({ method: 'POST', path: unknown, status: 404, code: 'not_found' });
          await run({ method: 'POST', path: `${path}/%00/${verb}`, status: 404, code: 'not_found' });
        }
      });
    });

    describe('lists', () => {
      test('pages by cursor hold every record once, newest first', async () => {
        const person = await ownWorkspace(s);
        const ids: string[] = [];
        for (let n = 0; n < 7; n++) ids.push((await make(person)).id);
        const seen: string[] = [];
        let url: string | null = `${path}?limit=3`;
        while (url !== null) {
          const page: Awaited<ReturnType<Scenario['ask']>> = await ask('GET', url, { as: person });
          expect(page.status, page.text).toBe(200);
          seen.push(...page.json.data.map((item: { id: string }) => item.id));
          expect(page.json.has_more).toBe(page.json.next_url !== null);
          url = page.json.next_url;
        }
        expect(seen).toEqual(ids.toReversed());
      });

      test.each(['created_at', '-created_at', 'updated_at', '-updated_at'])(
        'sort=%s pages without gaps or duplicates',
        async (sort) => {
          const person = await ownWorkspace(s);
          const valid = await validFor(person);
          const body = { records: Array.from({ length: 25 }, () => valid) };
          await ask('POST', `${path}/batch`, { as: person, body });
          const seen: { id: string; updated_at: string }[] = [];
          let cursor = '';
          do {
            const page = await ask('GET', `${path}?limit=4&sort=${sort}${cursor}`, { as: person });
            seen.push(...page.json.data);
            cursor = page.json.next_cursor ? `&cursor=${page.json.next_cursor}` : '';
          } while (cursor);
          const ids = seen.map(({ id }) => id);
          expect(new Set(ids).size).toBe(25);
          expect(ids).toEqual(sort.startsWith('-') ? ids.toSorted().toReversed() : ids.toSorted());
        },
      );

      test('filters, count and include_deleted work', async () => {
        const person = await ownWorkspace(s);
        const item = await make(person);
        const other = await make(person);
        await ask('DELETE', `${path}/${other.id}`, { as: person });
        const { name, value, nothing } = subject.filter;
        const list = async (query: string) => (await ask('GET', `${path}?${query}`, { as: person })).json;
        expect((await list(`${name}=${encodeURIComponent(value)}`)).data).toEqual([item]);
        expect((await list(`${name}=${encodeURIComponent(nothing)}`)).data).toEqual([]);
        expect((await list('count=exact')).total_count).toBe(1);
        expect((await list('include_deleted=true')).data).toContainEqual({
          id: other.id,
          deleted_at: expect.any(String),
        });
        expect((await list(`created_at[gte]=${item.created_at}`)).data).toEqual([item]);
        expect((await list(`created_at[lt]=${item.created_at}`)).data).toEqual([]);
      });

      test.each([
        ['limit=0', 'limit'],
        ['limit=201', 'limit'],
        ['limit=many', 'limit'],
        ['sort=shoe_size', 'sort'],
        ['bogus=1', 'bogus'],
        ['cursor=nonsense', 'cursor'],
        [`cursor=${Buffer.from('["updated_at","x","y"]').toString('base64url')}`, 'cursor'],
        ['created_at[gte]=yesterday', 'created_at[gte]'],
        ['count=about', 'count'],
      ])('%s is a 400 that names it', async (query, field) => {
        await run({
          method: 'GET',
          path: `${path}?${query}`,
          status: 400,
          code: 'validation_error',
          fields: [field],
        });
      });
    });

    describe('batch', () => {
      test('an invalid record is reported by its index and does not affect the others', async () => {
        await run({
          method: 'POST',
          path: `${path}/batch`,
          body: { records: [subject.valid, { ...subject.valid, ...refused.body }, 'text', subject.valid] },
          status: 200,
          events: [created, created],
          check({ json }) {
            expect(json.results.map((item: { status: number }) => item.status)).toEqual([201, 400, 400, 201]);
            const named = isRemixcrm
              ? json.results[1].fields
              : json.results[1].error.fields.map(({ field }: { field: string }) => field);
            expect(named).toEqual(refused.fields);
          },
        });
      });

      test('500 records are accepted; 501 and none are refused', async () => {
        const body = (count: number) => ({ records: Array.from({ length: count }, () => subject.valid) });
        await run({
          method: 'POST',
          path: `${path}/batch`,
          body: body(500),
          status: 200,
          events: Array(500).fill(created),
        });
        await run({
          method: 'POST',
          path: `${path}/batch`,
          body: body(501),
          status: 400,
          fields: ['records'],
        });
        await run({ method: 'POST', path: `${path}/batch`, body: body(0), status: 400, fields: ['records'] });
      });

      test('a repeated batch under one Idempotency-Key creates nothing', async () => {
        const again = {
          method: 'POST',
          path: `${path}/batch`,
          body: { records: [subject.valid, subject.valid] },
          headers: { 'idempotency-key': 'batch-1' },
        };
        let first = '';
        await run({
          ...again,
          status: 200,
          events: [created, created],
          check: ({ text }) => void (first = text),
        });
        await run({
          ...again,
          status: 200,
          events: [],
          check({ text, headers }) {
            expect(text).toBe(first);
            expect(headers.get('idempotent-replayed')).toBe('true');
          },
        });
      });
    });

    describe('Idempotency-Key', () => {
      test('a repeated request gets the same answer and creates nothing; another body is 422', async () => {
        const headers = { 'idempotency-key': 'once' };
        let first = '';
        await run({
          method: 'POST',
          path,
          body: subject.valid,
          headers,
          status: 201,
          events: [created],
          check: ({ text }) => void (first = text),
        });
        await run({
          method: 'POST',
          path,
          body: subject.valid,
          headers,
          status: 201,
          check: ({ text }) => expect(text).toBe(first),
        });
        await run({
          method: 'POST',
          path,
          body: { ...subject.valid, ...subject.change },
          headers,
          status: 422,
          code: 'idempotency_mismatch',
        });
      });

      test('fifty at once create one record: 201 or its replay, and 409 for the others', async () => {
        await s.newEvents();
        const replies = await Promise.all(
          Array.from({ length: 50 }, () =>
            ask('POST', path, { body: subject.valid, headers: { 'idempotency-key': 'at-once' } }),
          ),
        );
        const made = replies.filter(({ status }) => status === 201);
        expect(made.length).toBeGreaterThan(0);
        expect(new Set(made.map(({ json }) => json.id)).size).toBe(1);
        expect(replies.every(({ status }) => status === 201 || status === 409)).toBe(true);
        expect(await s.newEvents()).toEqual([created]);
      });

      test('a PATCH is replayed too, although its If-Match no longer matches', async () => {
        const made = await make();
        const again = {
          method: 'PATCH',
          path: `${path}/${made.id}`,
          body: subject.change,
          headers: { 'idempotency-key': 'patch', 'if-match': '"1"' },
        };
        await run({ ...again, status: 200, events: [updated] });
        await run({ ...again, status: 200, events: [], check: ({ json }) => expect(json.version).toBe(2) });
      });

      test('an error is not stored: the corrected request succeeds under the same key', async () => {
        const headers = { 'idempotency-key': 'corrected' };
        await run({ method: 'POST', path, body: refused.body, headers, status: 400 });
        await run({ method: 'POST', path, body: subject.valid, headers, status: 201, events: [created] });
      });

      test('another API key of the workspace has its own idempotency keys', async () => {
        const somebody = await s.person([
          `${subject.plural}:write`,
          subject.createScope ?? `${subject.plural}:write`,
        ]);
        const headers = { 'idempotency-key': 'shared' };
        await run({ method: 'POST', path, body: subject.valid, headers, status: 201, events: [created] });
        await run({
          method: 'POST',
          path,
          body: subject.valid,
          headers,
          as: somebody,
          status: 201,
          events: [created],
        });
      });

      test.each(['x'.repeat(256), 'a\tb', 'é'])('the key %j is refused by name', async (key) => {
        const headers = { 'idempotency-key': key };
        await run({
          method: 'POST',
          path,
          body: subject.valid,
          headers,
          status: 400,
          fields: ['Idempotency-Key'],
        });
      });
    });

    describe('authentication and scopes', () => {
      test('without a key, with a malformed, unknown or revoked one: 401', async () => {
        const gone = await s.person(['*']);
        await s.app.keys.revoke(null, gone.keyId);
        for (const as of [
          null,
          'nonsense',
          'fl_live_short',
          `fl_live_${'A'.repeat(32)}`,
          `rmx_${'A'.repeat(32)}`,
          gone.key,
        ]) {
          await run({ method: 'GET', path, as, status: 401, code: 'unauthorized' });
          await run({ method: 'POST', path, as, body: subject.valid, status: 401, code: 'unauthorized' });
        }
      });

      test('with the wrong scope: 403, and nothing is written', async () => {
        const made = await make();
        const reader = await s.person([`${subject.plural}:read`]);
        const writer = await s.person([
          `${subject.plural}:write`,
          subject.createScope ?? `${subject.plural}:write`,
        ]);
        const none = await s.person([noScope]);
        const item = `${path}/${made.id}`;
        await run({ method: 'GET', path: item, as: reader, status: 200 });
        for (const as of [reader, none]) {
          await run({ method: 'POST', path, as, body: subject.valid, status: 403, code: 'forbidden' });
          await run({
            method: 'POST',
            path: `${path}/batch`,
            as,
            body: { records: [subject.valid] },
            status: 403,
            code: 'forbidden',
          });
          await run({
            method: 'PATCH',
            path: item,
            as,
            body: subject.change,
            status: 403,
            code: 'forbidden',
          });
          await run({ method: 'PUT', path: item, as, body: subject.change, status: 403, code: 'forbidden' });
          await run({ method: 'DELETE', path: item, as, status: 403, code: 'forbidden' });
        }
        for (const as of [writer, none]) {
          await run({ method: 'GET', path: item, as, status: 403, code: 'forbidden' });
          await run({ method: 'GET', path, as, status: 403, code: 'forbidden' });
        }
      });

      test("another workspace's record answers 404", async () => {
        const made = await make();
        const item = `${path}/${made.id}`;
        const as = s.charlie;
        await run({ method: 'GET', path: item, as, status: 404, code: 'not_found' });
        await run({
          method: 'GET',
          path: `${item}?include_deleted=true`,
          as,
          status: 404,
          code: 'not_found',
        });
        await run({ method: 'PATCH', path: item, as, body: subject.change, status: 404, code: 'not_found' });
        await run({ method: 'DELETE', path: item, as, status: 404, code: 'not_found' });
        const { json } = await ask('GET', `${path}?limit=200`, { as });
        expect(json.data.map((row: { id: string }) => row.id)).not.toContain(made.id);
      });

      test.each(['1', 'nonsense', NOWHERE, NOWHERE.toUpperCase(), `${NOWHERE}0`, '%00', "'%20or%201=1"])(
        'the id %s answers 404',
        async (id) => {
          await run({ method: 'GET', path: `${path}/${id}`, status: 404, code: 'not_found' });
          await run({
            method: 'PATCH',
            path: `${path}/${id}`,
            body: subject.change,
            status: 404,
            code: 'not_found',
          });
        },
      );
    });

    describe('invalid input is reported by field, and nothing is written', () => {
      const { field, max } = subject.text;
      const bad: Omit<ApiCase, 'method' | 'path'>[] = [
        {
          name: 'an unknown field',
          body: { ...subject.valid, shoe_size: 43 },
          status: 400,
          fields: ['shoe_size'],
        },
        { name: 'a wrong type', body: { ...subject.valid, [field]: 5 }, status: 400, fields: [field] },
        {
          name: 'an object for a text',
          body: { ...subject.valid, [field]: {} },
          status: 400,
          fields: [field],
        },
        {
          name: 'an overlong text',
          body: { ...subject.valid, [field]: 'x'.repeat(max + 1) },
          status: 400,
          fields: [field],
        },
        {
          name: 'a NUL character',
          body: { ...subject.valid, [field]: 'a\0b' },
          status: 400,
          fields: [field],
        },
        {
          name: 'a lone surrogate',
          body: { ...subject.valid, [field]: '\ud800' },
          status: 400,
          fields: [field],
        },
        {
          name: 'a NUL in a custom field',
          body: { ...subject.valid, custom_fields: { a: '\0' } },
          status: 400,
          fields: ['custom_fields.a'],
        },
        {
          name: 'an object in a custom field',
          body: { ...subject.valid, custom_fields: { a: {} } },
          status: 400,
          fields: ['custom_fields.a'],
        },
        {
          name: 'a custom field without a proper name',
          body: { ...subject.valid, custom_fields: { '1; drop': 1 } },
          status: 400,
        },
        { name: 'no body', status: 400, fields: ['body'] },
        { name: 'a list', body: [subject.valid], status: 400, fields: ['body'] },
        { name: 'null', raw: 'null', status: 400, fields: ['body'] },
        { name: 'broken JSON', raw: '{"first_name": ', status: 400, code: 'validation_error' },
        { name: 'no JSON at all', raw: '\u0000\u0001', status: 400, code: 'validation_error' },
        {
          name: 'invalid UTF-8',
          raw: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
          status: 400,
          code: 'validation_error',
        },
        {
          name: 'a __proto__ key',
          raw: '{"__proto__":{"status":"vip"},"first_name":"a"}',
          status: 400,
          code: 'validation_error',
        },
        { name: 'a number beyond JSON', raw: '{"first_name":"a","custom_fields":{"n":1e999}}', status: 400 },
        {
          name: 'another content type',
          raw: '<xml/>',
          headers: { 'content-type': 'application/xml' },
          status: 415,
          code: 'unsupported_media_type',
        },
        {
          name: 'a form',
          raw: 'first_name=Jane',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          status: 415,
          code: 'unsupported_media_type',
        },
        {
          name: 'two megabytes',
          raw: `{"${field}":"${'x'.repeat(2 * 1024 * 1024)}"}`,
          status: 413,
          code: 'payload_too_large',
        },
      ];
      const keptOut: Record<string, string | undefined> = {
        'an unknown field': skipped?.unknownField,
        'a form': skipped?.form,
      };
      const withReferences = (body: unknown) =>
        typeof body === 'object' && !Array.isArray(body) ? { body: { ...body, ...references } } : {};
      for (const item of bad)
        test.skipIf(keptOut[item.name])(`${item.name}${because(keptOut[item.name])}`, () =>
          run({ ...item, ...withReferences(item.body), method: 'POST', path }),
        );
      test.each(bad)('$name, in a change', async (item) => {
        const made = await make();
        await run({ ...item, method: 'PATCH', path: `${path}/${made.id}` });
        expect((await ask('GET', `${path}/${made.id}`)).json).toEqual(made);
      });
    });

    test('emoji, combining characters and every script are stored as sent', async () => {
      const text = '👩‍👩‍👧‍👦 Zoë Жанна 山田 مريم';
      const { json } = await ask('POST', path, { body: { ...subject.valid, [subject.text.field]: text } });
      expect((await ask('GET', `${path}/${json.id}`)).json[subject.text.field]).toBe(text);
    });

    test('an unsupported method answers 405 with Allow', async () => {
      await runCase(s, {
        name: '',
        method: 'DELETE',
        path,
        headers: preference,
        status: 405,
        ...(isRemixcrm ? { refusedAs: 'remixcrm' } : { code: 'method_not_allowed' }),
        check: ({ headers }) => expect(headers.get('allow')).toBe('GET, HEAD, POST'),
      });
    });
  },
);

async function ownWorkspace(s: Scenario) {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'A workspace of its own' });
  const { id, raw } = await s.app.keys.create({
    workspaceId,
    name: 'k',
    style: 'fairlead',
    createdBy: 'test',
  });
  return { workspaceId, keyId: id, key: raw };
}
