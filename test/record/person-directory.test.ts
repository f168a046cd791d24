import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeIdempotency } from '../../src/account/idempotency.ts';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { makeRecordNumbers } from '../../src/events/record-number.ts';
import { MODULE_NOUNS } from '../../src/modules.ts';
import type { NewPerson, PersonDirectory } from '../../src/record/person-directory.ts';
import { makeRecords } from '../../src/record/records.ts';
import { makeReferences } from '../../src/record/reference.ts';
import { silent } from '../kit/database.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let people: PersonDirectory;
const notified: unknown[] = [];

beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  const { db } = s;
  const parts = {
    db,
    log: silent,
    clock: systemClock,
    newId: idMaker(systemClock.now),
    notify: (lanes: unknown[]) => void notified.push(...lanes),
    idempotency: makeIdempotency(db, makeSealer(Buffer.alloc(32, 7))),
    references: makeReferences(db, MODULE_NOUNS),
    wildcardFormats: () => [],
    oneEventFormats: [],
    numbers: makeRecordNumbers(s.db, []),
  };
  people = makeRecords(parts, MODULE_NOUNS, []).people;
});
afterAll(() => s?.stop());
beforeEach(async () => {
  await s.db.pool.query('update contact set deleted_at = now() where deleted_at is null');
  await s.newEvents();
});

const writer = () => ({ workspaceId: s.alice.workspaceId, actor: 'test' });
const findOrCreate = async (person: NewPerson) => {
  const prepared = await people.prepare(writer(), person);
  return s.db.transaction((trx) => people.findOrCreate(trx, prepared));
};
const make = async (body: object) => (await s.ask('POST', '/api/v1/contacts', { body })).json.id as string;

test('a person is recognised by one of several addresses, else created with contact.created', async () => {
  const id = await make({ first_name: 'Jane', email: 'jane@a.example', other_emails: ['jane@b.example'] });
  await s.newEvents();
  expect(await findOrCreate({ email: 'JANE@b.example' })).toMatchObject({ id, field: 'email' });
  expect(await s.newEvents()).toEqual([]);
  const other = await findOrCreate({ email: 'joe@a.example', first_name: 'Joe', source: 'stripe' });
  expect(other).toMatchObject({ field: null, ambiguous: false });
  expect(await s.newEvents()).toEqual(['contact.created']);
  const { json } = await s.ask('GET', `/api/v1/contacts/${other.id}`);
  expect(json).toMatchObject({ email: 'joe@a.example', first_name: 'Joe', source: 'stripe' });
});

test('fifty at once of one address create one contact', async () => {
  const found = await Promise.all(
    Array.from({ length: 50 }, () => findOrCreate({ email: 'Many@a.example', first_name: 'M' })),
  );
  expect(new Set(found.map(({ id }) => id)).size).toBe(1);
  expect(found.filter(({ field }) => field === null)).toHaveLength(1);
  expect(await s.newEvents()).toEqual(['contact.created']);
});

test('of two contacts with an address the oldest is found, and the result says so', async () => {
  const id = await make({ email: 'two@a.example' });
  await make({ email: 'two@a.example' });
  expect(await findOrCreate({ email: 'two@a.example' })).toMatchObject({ id, ambiguous: true });
});

test('leads are found as well, and nobody of another workspace', async () => {
  const lead = await s.ask('POST', '/api/v1/leads', { body: { name: 'Lea', email: 'lea@a.example' } });
  expect(lead.status, lead.text).toBe(201);
  const { workspaceId } = s.alice;
  const address = { email: 'Lea@a.example', phone: null };
  expect(await people.find(s.db.pool, 'lead', workspaceId, address)).toMatchObject({ id: lead.json.id });
  expect(await people.find(s.db.pool, 'contact', workspaceId, address)).toBeUndefined();
  expect(await people.find(s.db.pool, 'lead', s.charlie.workspaceId, address)).toBeUndefined();
});

test.each([
  ['an email address that is none', { email: 'no address' }],
  ['nothing to be known by', { email: '', first_name: '' }],
  ['a name that cannot be stored', { email: 'x@a.example', first_name: 'a\u0000b' }],
])('refuses %s before anything is written', async (_case, person) => {
  await expect(people.prepare(writer(), person)).rejects.toMatchObject({ code: 'validation_error' });
});
