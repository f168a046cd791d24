import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleOf } from '../../src/api/events/event-example.ts';
import { CATALOGUE } from '../../src/catalogue.ts';
import { axcelerateFormat } from '../../src/integrations/axcelerate/axcelerate-format.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const UUID = /^(?:[a-z_]+[_:])?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

/** The UUIDs in a value, without custom fields, each with its place. */
function uuidsIn(value: unknown, place = ''): string[] {
  if (typeof value === 'string') return UUID.test(value) ? [`${place}: ${value}`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    name === 'custom_fields' ? [] : uuidsIn(item, `${place}.${name}`),
  );
}

test.each(CATALOGUE.types.map((type) => [type.name, type] as const))(
  'RC17: a body of %s with names of aXcelerate has integers for ids',
  (_name, type) => {
    const { body } = exampleOf(type, axcelerateFormat, CATALOGUE);
    const { message } = body as { message: Record<string, { id: unknown }> };
    expect(uuidsIn(message)).toEqual([]);
    const [record] = Object.values(message);
    expect(Number.isInteger(record!.id)).toBe(true);
  },
);

test.each([
  ['contact.created', {}, 'contact.contact_created'],
  ['contact.merged', {}, 'contact.contact_merged'],
  ['contact.restored', {}, 'contact.restored'],
  ['company.created', {}, 'company.created'],
  ['appointment.rescheduled', {}, 'calendar.event_updated'],
  ['course.created', { kind: 'workshop' }, 'course.workshop_type_created'],
  ['course.deleted', { kind: 'class' }, 'course.qualification_deleted'],
  ['course.created', { kind: 'unit' }, 'course.created'],
  ['course_run.updated', { kind: 'class' }, 'course.class_updated'],
  ['course_run.updated', { kind: null }, 'course_run.updated'],
  ['enrolment.created', { kind: 'workshop' }, 'student.workshop_enrolment_created'],
  ['enrolment.status_changed', { kind: 'unit' }, 'student.unit_enrolment_status_changed'],
  ['enrolment.updated', { kind: 'unit' }, 'enrolment.updated'],
  ['enrolment.deleted', { kind: 'activity' }, 'student.activity_enrolment_deleted'],
  ['assessment.completed', {}, 'student.unit_enrolment_status_changed'],
])('RC17: %s of %j is %s', (type, record, name) => {
  expect(axcelerateFormat.ownNames!.nameOf(type, record)).toBe(name);
});

describe('a receiver written for aXcelerate', () => {
  let s: Scenario;
  let receiver: Receiver;
  beforeAll(async () => {
    s = await startScenario();
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await s?.stop();
    await receiver?.close();
  });

  async function hook(event: string, more: object = {}, as = s.alice) {
    const body = { name: event, url: receiver.url, events: [event], format: 'axcelerate', ...more };
    const { status, json, text } = await s.ask('POST', '/api/v1/webhooks', { as, body });
    expect(status, text).toBe(201);
    return json;
  }
  async function make(plural: string, body: object, as = s.alice) {
    const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { as, body });
    expect(status, text).toBe(201);
    return json;
  }
  const change = (path: string, body: object) => s.ask('PATCH', `/api/v1/${path}`, { body });
  const numberOf = async (path: string) => {
    const { json } = await s.ask('GET', `/api/v1/${path}?fields=number`);
    return json.number as number;
  };
  /** The next bodies, by type. */
  let seen = 0;
  async function nextBodies(count: number) {
    const received = await receiver.waitFor(seen + count);
    const bodies = received.slice(seen).map(({ rawBody }) => JSON.parse(rawBody.toString()));
    seen += count;
    return new Map(bodies.map((body) => [body.type, body.message]));
  }

  test('RC17: real actions arrive under its names, with the same integers for the same records', async () => {
    const made = await hook('contact.contact_updated');
    expect(made).toMatchObject({ names: 'axcelerate', events: ['contact.updated'] });
    await hook('student.workshop_enrolment_created');
    await hook('student.unit_enrolment_status_changed');
    const contact = await make('contacts', { first_name: 'Jane', custom_fields: { ref: s.alice.keyId } });
    await change(`contacts/${contact.id}`, { last_name: 'Doe' });
    const course = await make('courses', { name: 'First aid', kind: 'workshop' });
    const run = await make('course-runs', { course_id: course.id });
    const enrolment = await make('enrolments', { course_run_id: run.id, contact_id: contact.id });
    const unit = await make('assessments', { enrolment_id: enrolment.id, unit_name: 'Burns' });
    await change(`assessments/${unit.id}`, { status: 'competent', outcome_code: '20' });
    const bodies = await nextBodies(3);
    const id = await numberOf(`contacts/${contact.id}`);
    expect(Number.isInteger(id) && id > 0).toBe(true);
    expect(bodies.get('contact.contact_updated').contact).toMatchObject({
      id,
      last_name: 'Doe',
      created_by: expect.stringMatching(/^api_key:\d+$/),
      custom_fields: { ref: s.alice.keyId },
    });
    const runId = await numberOf(`course-runs/${run.id}`);
    expect(bodies.get('student.workshop_enrolment_created').enrolment).toMatchObject({
      id: await numberOf(`enrolments/${enrolment.id}`),
      contact_id: id,
      course_run_id: runId,
      course_id: await numberOf(`courses/${course.id}`),
      workshop: { id: runId },
      status: 'enrolled',
    });
    expect(bodies.get('student.unit_enrolment_status_changed').enrolment).toMatchObject({
      id: await numberOf(`assessments/${unit.id}`),
      enrolment_id: await numberOf(`enrolments/${enrolment.id}`),
      contact_id: id,
      outcome_code: '20',
    });
    for (const message of bodies.values()) expect(uuidsIn(message)).toEqual([]);
    const { json: found } = await s.ask('GET', `/api/v1/contacts?number=${id}`);
    expect(found.data).toMatchObject([{ id: contact.id }]);
    // The log shows the body that was sent.
    const { json: log } = await s.ask('GET', `/api/v1/webhooks/${made.id}/deliveries`);
    await expect
      .poll(
        async () => (await s.ask('GET', `/api/v1/deliveries/${log.data[0].id}`)).json.attempt_log[0]?.request,
      )
      .toMatchObject({ body: expect.stringContaining(`"contact":{"id":${id},`) });
  });

  test('RC17: a merge keeps the number of the survivor, and names the merged contacts', async () => {
    await hook('contact.contact_merged');
    const [a, b] = [await make('contacts', { first_name: 'A' }), await make('contacts', { first_name: 'B' })];
    const [id, merged] = [await numberOf(`contacts/${a.id}`), await numberOf(`contacts/${b.id}`)];
    await s.ask('POST', `/api/v1/contacts/${a.id}/merge`, { body: { with: [b.id] } });
    const message = (await nextBodies(1)).get('contact.contact_merged');
    expect(message).toMatchObject({ contact: { id }, mergedContactIds: [merged] });
    expect(await numberOf(`contacts/${a.id}`)).toBe(id);
  });

  test('RC17: leads keep their numbers; owners, stages and pipelines have their own', async () => {
    const ann = { first_name: 'Ann', last_name: 'Li', email: 'ann@example.com', event_type: 'Wedding' };
    await make('leads', ann);
    await hook('lead.created');
    await hook('deal.created');
    const { id } = await make('leads', { ...ann, email: 'li@example.com' });
    const { json: lead } = await s.ask('GET', `/api/v1/leads/${id}`);
    const deal = await make('deals', { name: 'Hall' });
    const bodies = await nextBodies(2);
    expect(bodies.get('lead.created').lead.id).toBe(lead.number);
    const { pipeline_id: pipelineId, stage_id: stageId } = bodies.get('deal.created').deal;
    expect([Number.isInteger(pipelineId), Number.isInteger(stageId)]).toEqual([true, true]);
    expect(deal.pipeline_id).toMatch(UUID);
  });

  test('RC17: `names` can be changed, and only in formats that have a choice', async () => {
    const webhook = await hook('company.created', { names: 'fairlead' });
    const company = await make('companies', { name: 'One' });
    expect((await nextBodies(1)).get('company.created').company.id).toBe(company.id);
    const changed = await change(`webhooks/${webhook.id}`, { names: 'axcelerate' });
    expect(changed.json.names).toBe('axcelerate');
    const second = await make('companies', { name: 'Two' });
    const { id } = (await nextBodies(1)).get('company.created').company;
    expect(id).toBe(await numberOf(`companies/${second.id}`));
    for (const body of [
      { format: 'axcelerate', names: 'hubspot' },
      { format: 'standard', names: 'fairlead' },
    ]) {
      const request = { name: 'x', url: receiver.url, events: ['contact.created'], ...body };
      const { status, json } = await s.ask('POST', '/api/v1/webhooks', { body: request });
      expect([status, json.error.fields[0].field]).toEqual([400, 'names']);
    }
    // What was read can be sent back.
    const { json: read } = await s.ask('GET', `/api/v1/webhooks/${webhook.id}`);
    const { status, text } = await change(`webhooks/${webhook.id}`, read);
    expect(status, text).toBe(200);
  });

  test('RC17: numbers are those of a workspace; a record of another one is not found by it', async () => {
    await hook('contact.contact_created', {}, s.charlie);
    const theirs = await make('contacts', { first_name: 'Eve' }, s.charlie);
    const { id } = (await nextBodies(1)).get('contact.contact_created').contact;
    const find = async (as: typeof s.alice) =>
      (await s.ask('GET', `/api/v1/contacts?number=${id}`, { as })).json.data.map(
        (item: { id: string }) => item.id,
      );
    expect(await find(s.charlie)).toEqual([theirs.id]);
    expect(await find(s.alice)).not.toContain(theirs.id);
  });
});
