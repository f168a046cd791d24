import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask as askServer, secondServer, startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let courseId: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  courseId = (await make('courses', { name: 'First aid', kind: 'class', price: 120.5, currency: 'AUD' })).id;
});
afterAll(() => s?.stop());

async function make(plural: string, body: object) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body });
  expect(status, text).toBe(201);
  return json;
}
const get = async (path: string) => (await s.ask('GET', `/api/v1/${path}`)).json;
const change = (path: string, body: object) => s.ask('PATCH', `/api/v1/${path}`, { body });
const makeContact = async (name = 'Jane') => (await make('contacts', { first_name: name })).id as string;
const makeRun = async (more: object = {}) =>
  (await make('course-runs', { course_id: courseId, ...more })).id as string;
const enrol = async (runId: string, contactId?: string) =>
  s.ask('POST', '/api/v1/enrolments', {
    body: { course_run_id: runId, contact_id: contactId ?? (await makeContact()) },
  });
const liveIn = async (runId: string) =>
  (await get(`enrolments?course_run_id=${runId}&limit=200`)).data.filter(
    ({ status }: { status: string }) => !['withdrawn', 'canceled'].includes(status),
  ).length;

describe('what follows from the course', () => {
  test('a run has the name, the price and the currency of its course, unless it has its own', async () => {
    const run = await make('course-runs', { course_id: courseId });
    expect(run).toMatchObject({ name: 'First aid', price: 120.5, currency: 'AUD', enrolled: 0 });
    const other = await make('course-runs', {
      course_id: courseId,
      name: 'In June',
      price: 99,
      currency: 'NZD',
    });
    expect(other).toMatchObject({ name: 'In June', price: 99, currency: 'NZD' });
  });

  test('an enrolment has the course, the kind and the price of its run', async () => {
    const runId = await makeRun({ name: 'In June' });
    const { json } = await enrol(runId);
    expect(json).toMatchObject({
      name: 'In June',
      course_id: courseId,
      kind: 'class',
      status: 'enrolled',
      amount: 120.5,
      currency: 'AUD',
      enrolled_at: json.created_at,
    });
  });

  test.each([
    ['neither run nor course', {}, 'course_run_id'],
    ['a run that does not exist', { course_run_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21' }, 'course_run_id'],
    ['no contact', { contact_id: undefined, course_id: true }, 'contact_id'],
  ])('an enrolment with %s is refused by field', async (_case, more, field) => {
    const body = {
      contact_id: await makeContact(),
      ...more,
      ...('course_id' in more && { course_id: courseId }),
    };
    const { status, json } = await s.ask('POST', '/api/v1/enrolments', { body });
    expect([status, json.error.fields[0].field]).toEqual([400, field]);
  });

  test('a course that is not the one of the run is refused', async () => {
    const other = await make('courses', { name: 'Rescue' });
    const body = { contact_id: await makeContact(), course_run_id: await makeRun(), course_id: other.id };
    const { status, json } = await s.ask('POST', '/api/v1/enrolments', { body });
    expect([status, json.error.fields[0].field]).toEqual([400, 'course_id']);
  });

  test('a run cannot end before it starts, whatever the offsets are', async () => {
    const send = (starts_at: string, ends_at: string) =>
      s.ask('POST', '/api/v1/course-runs', { body: { course_id: courseId, starts_at, ends_at } });
    const { status, json } = await send('2026-06-20T10:00:00Z', '2026-06-20T09:59:59Z');
    expect([status, json.error.fields[0].field]).toEqual([400, 'ends_at']);
    expect((await send('2026-06-20T10:00:00+02:00', '2026-06-20T09:00:00Z')).status).toBe(201);
    expect((await send('2026-06-20T09:00:00Z', '2026-06-20T10:00:00+02:00')).status).toBe(400);
  });
});

describe('AC7: events', () => {
  test('a change of status fires status_changed alone, with both statuses', async () => {
    const { json: made } = await enrol(await makeRun());
    await s.newEvents();
    const { json } = await change(`enrolments/${made.id}`, { status: 'in_progress', notes: 'Late.' });
    expect(json.commenced_at).toBe(json.updated_at);
    expect(await s.newEvents()).toEqual(['enrolment.status_changed']);
    const [event] = (await get('events?types=enrolment.status_changed&limit=1')).data;
    expect(event.context).toEqual({ previous_status: 'enrolled', new_status: 'in_progress' });
  });

  test('an assessment fires completed when it gets a result, also at once', async () => {
    const contactId = await makeContact();
    const { json: enrolment } = await enrol(await makeRun(), contactId);
    await s.newEvents();
    const made = await make('assessments', { enrolment_id: enrolment.id, unit_name: 'Resuscitation' });
    expect(made).toMatchObject({ contact_id: contactId, status: 'not_started', assessed_at: null });
    expect(await s.newEvents()).toEqual(['assessment.created']);
    const { json } = await change(`assessments/${made.id}`, { status: 'competent', outcome_code: '20' });
    expect(json.assessed_at).toBe(json.updated_at);
    expect(await s.newEvents()).toEqual(['assessment.completed']);
    await change(`assessments/${made.id}`, { notes: 'Well done.' });
    expect(await s.newEvents()).toEqual(['assessment.updated']);
    await make('assessments', { enrolment_id: enrolment.id, unit_name: 'Burns', status: 'credit_transfer' });
    expect(await s.newEvents()).toEqual(['assessment.created', 'assessment.completed']);
  });

  test('a group is assessed in one request', async () => {
    const runId = await makeRun();
    const enrolments = await Promise.all([enrol(runId), enrol(runId), enrol(runId)]);
    await s.newEvents();
    const records = enrolments.map(({ json }) => ({
      enrolment_id: json.id,
      unit_name: 'Burns',
      status: 'competent',
    }));
    const { json } = await s.ask('POST', '/api/v1/assessments/batch', { body: { records } });
    expect(json.results.map(({ status }: { status: number }) => status)).toEqual([201, 201, 201]);
    expect((await s.newEvents()).filter((type) => type === 'assessment.completed')).toHaveLength(3);
  });

  test('the timeline of a contact has its enrolments and assessments', async () => {
    const contactId = await makeContact();
    const { json: enrolment } = await enrol(await makeRun(), contactId);
    await make('assessments', { enrolment_id: enrolment.id, unit_name: 'Burns' });
    const types = (await get(`activities/${contactId}`)).data.map(({ type }: { type: string }) => type);
    expect(types).toEqual(['assessment.created', 'enrolment.created', 'contact.created']);
  });
});

describe('places', () => {
  test('200 at once for the last place, over two servers: one gets it', async () => {
    const runId = await makeRun({ places: 3 });
    await enrol(runId);
    await enrol(runId);
    const people = (
      await s.ask('POST', '/api/v1/contacts/batch', {
        body: { records: Array.from({ length: 200 }, (_, n) => ({ first_name: `P${n}` })) },
        headers: { prefer: 'return=representation' },
      })
    ).json.results.map(({ record }: { record: { id: string } }) => record.id) as string[];
    const second = await secondServer(s);
    await s.newEvents();
    const enrolAt = async (url: string, contactId: string): Promise<Reply> => {
      const body = { course_run_id: runId, contact_id: contactId };
      const reply = await askServer(url, 'POST', '/api/v1/enrolments', { as: s.alice, body });
      // On a busy machine, some wait too long for a connection to the database: nothing was written.
      return reply.status === 503 ? enrolAt(url, contactId) : reply;
    };
    const replies = await Promise.all(
      people.map((contactId, n) => enrolAt(n % 2 ? second.url : s.url, contactId)),
    );
    await second.stop();
    const refused = replies.filter(({ status }) => status === 409);
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(refused).toHaveLength(199);
    expect(refused[0]!.json.error.fields[0].field).toBe('course_run_id');
    expect(await s.newEvents()).toEqual(['enrolment.created']);
    expect((await get(`course-runs/${runId}`)).enrolled).toBe(3);
  });

  test('a batch for more places than there are creates none', async () => {
    const runId = await makeRun({ places: 2 });
    const people = await Promise.all([makeContact(), makeContact(), makeContact()]);
    const records = people.map((contact_id) => ({ contact_id, course_run_id: runId }));
    const { json, status } = await s.ask('POST', '/api/v1/enrolments/batch', { body: { records } });
    expect(status, JSON.stringify(json)).toBe(409);
    expect(await liveIn(runId)).toBe(0);
  });

  test('a contact is enrolled in a run once, at the same time too, until it has left', async () => {
    const runId = await makeRun();
    const contactId = await makeContact();
    const replies = await Promise.all(Array.from({ length: 10 }, () => enrol(runId, contactId)));
    const made = replies.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    expect(replies.find(({ status }) => status === 409)!.json.error.fields[0].field).toBe('contact_id');
    await change(`enrolments/${made[0]!.json.id}`, { status: 'withdrawn' });
    expect((await enrol(runId, contactId)).status).toBe(201);
    // The first one cannot come back beside it.
    expect((await change(`enrolments/${made[0]!.json.id}`, { status: 'enrolled' })).status).toBe(409);
  });

  test('moving to a full run, and coming back from the trash to one, is refused', async () => {
    const runId = await makeRun({ places: 1 });
    const { json: first } = await enrol(runId);
    const { json: other } = await enrol(await makeRun());
    expect((await change(`enrolments/${other.id}`, { course_run_id: runId })).status).toBe(409);
    expect((await s.ask('DELETE', `/api/v1/enrolments/${first.id}`)).status).toBe(204);
    expect((await change(`enrolments/${other.id}`, { course_run_id: runId })).status).toBe(200);
    expect((await s.ask('POST', `/api/v1/enrolments/${first.id}/restore`)).status).toBe(409);
    await change(`enrolments/${other.id}`, { status: 'canceled' });
    expect((await s.ask('POST', `/api/v1/enrolments/${first.id}/restore`)).status).toBe(200);
    expect(await liveIn(runId)).toBe(1);
  });

  test('fewer places than people leaves them enrolled; a full run takes changes of other fields', async () => {
    const runId = await makeRun({ places: 2 });
    const { json: made } = await enrol(runId);
    await enrol(runId);
    expect((await change(`course-runs/${runId}`, { places: 1 })).status).toBe(200);
    expect((await change(`enrolments/${made.id}`, { status: 'in_progress' })).status).toBe(200);
    expect(await liveIn(runId)).toBe(2);
  });

  test('a canceled run takes nobody', async () => {
    const { status, json } = await enrol(await makeRun({ status: 'canceled' }));
    expect([status, json.error.fields[0].field]).toEqual([409, 'course_run_id']);
  });
});

test('an enrolment with assessments stays with its contact', async () => {
  const { json: made } = await enrol(await makeRun());
  const other = await makeContact();
  expect((await change(`enrolments/${made.id}`, { contact_id: other })).status).toBe(200);
  await make('assessments', { enrolment_id: made.id, unit_name: 'Burns' });
  const { status, json } = await change(`enrolments/${made.id}`, { contact_id: await makeContact() });
  expect([status, json.error.fields[0].field]).toEqual([409, 'contact_id']);
});

test('a merge of two people in one run keeps both enrolments, and moves assessments', async () => {
  const runId = await makeRun();
  const [a, b] = [await makeContact('Ann'), await makeContact('Anne')];
  await enrol(runId, a);
  const { json: second } = await enrol(runId, b);
  const result = await make('assessments', { enrolment_id: second.id, unit_name: 'Burns' });
  const { status, text } = await s.ask('POST', `/api/v1/contacts/${a}/merge`, { body: { with: [b] } });
  expect(status, text).toBe(200);
  const { data } = await get(`enrolments?contact_id=${a}`);
  expect(data).toHaveLength(2);
  expect((await get(`assessments/${result.id}`)).contact_id).toBe(a);
});
