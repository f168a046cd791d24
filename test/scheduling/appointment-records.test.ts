import { afterAll, beforeAll, expect, test } from 'vitest';
import { eraserOfAll } from '../../src/modules.ts';
import { silent } from '../kit/database.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const NEEDLE = 'wilhelmina';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const make = async (path: string, body: object) => {
  const reply = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const read = async (path: string) => (await s.ask('GET', `/api/v1/${path}`)).json;

test('the timeline of a contact has its appointments, with old and new values', async () => {
  const made = await make('appointments', {
    starts_at: '2027-03-01T09:00:00Z',
    guest_name: 'Jane Doe',
    guest_email: 'jane@timeline.example',
  });
  await s.ask('POST', `/api/v1/appointments/${made.id}/reschedule`, {
    body: { start: '2027-03-02T09:00:00Z' },
  });
  const { data } = await read(`activities/${made.contact_id}`);
  expect(data.map(({ type }: { type: string }) => type)).toEqual([
    'appointment.rescheduled',
    'appointment.booked',
    'contact.created',
  ]);
  expect(data[0]).toMatchObject({
    changed: { starts_at: '2027-03-01T09:00:00.000Z' },
    changed_to: { starts_at: '2027-03-02T09:00:00.000Z' },
  });
});

test('a merge moves the appointments of a contact, and search finds them', async () => {
  const jane = await make('contacts', { first_name: 'Jane', email: 'jane@merge.example' });
  const made = await make('appointments', {
    title: 'Zephyrine talks',
    starts_at: '2027-03-03T09:00:00Z',
    guest_email: 'twin@merge.example',
  });
  await s.ask('POST', `/api/v1/contacts/${jane.id}/merge`, { body: { with: [made.contact_id] } });
  expect((await read(`appointments/${made.id}`)).contact_id).toBe(jane.id);
  await until(async () => (await read('appointments?q=zephyrine')).data.length === 1, 15_000);
});

test('erasing a contact leaves nothing of the guest in its appointments, their events and their history', async () => {
  const made = await make('appointments', {
    title: `Talk with ${NEEDLE}`,
    starts_at: '2027-03-04T09:00:00Z',
    guest_name: NEEDLE,
    guest_email: `${NEEDLE}@private.example`,
    guests: [`${NEEDLE}.friend@private.example`],
    answers: { topic: NEEDLE },
    description: NEEDLE,
  });
  await s.ask('POST', `/api/v1/appointments/${made.id}/cancel`, { body: { reason: NEEDLE } });
  expect((await s.ask('DELETE', `/api/v1/contacts/${made.contact_id}`)).status).toBe(204);
  expect((await s.ask('POST', `/api/v1/contacts/${made.contact_id}/erase`)).status).toBeLessThan(300);
  await eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal);
  const stays = await read(`appointments/${made.id}`);
  expect(stays).toMatchObject({
    title: 'Appointment',
    starts_at: '2027-03-04T09:00:00.000Z',
    guest_name: null,
    guests: [],
    answers: {},
  });
  const { rows } = await s.db.pool.query(
    `select 'event' as name from event e where strpos(lower(row_to_json(e)::text), $1) > 0
     union all select 'activity' from activity a where strpos(lower(row_to_json(a)::text), $1) > 0
     union all select 'appointment' from appointment a where strpos(lower(row_to_json(a)::text), $1) > 0`,
    [NEEDLE],
  );
  expect(rows).toEqual([]);
});
