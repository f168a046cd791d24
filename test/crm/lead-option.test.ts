import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idMaker } from '../../src/base/id.ts';
import { makeLeadOptions } from '../../src/crm/leads/options/lead-option.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await freshDatabase();
});
afterAll(() => t.drop());

const nothing = async () => {};

test('a renamed or removed option takes effect at once in the same process, and within a second in others', async () => {
  let ms = 0;
  const clock = { now: Date.now, monotonic: () => ms };
  const process = () =>
    makeLeadOptions({ db: t.db, clock, newId: idMaker(Date.now) }, 'lead_source', 'lead source');
  const [here, elsewhere] = [process(), process()];
  const workspaceId = randomUUID();
  const { id } = await here.create({ workspaceId, actor: 'test' }, 'Fair', nothing);
  const both = (name: string) => Promise.all([here, elsewhere].map((item) => item.match(workspaceId, name)));
  expect(await both('FAIR')).toEqual(['Fair', 'Fair']);

  await here.rename(workspaceId, id, 'fair', nothing);
  expect(await here.match(workspaceId, 'FAIR')).toBe('fair');
  ms += 1_000;
  expect(await both('FAIR')).toEqual(['fair', 'fair']);

  await here.remove(workspaceId, id, nothing);
  expect(await here.match(workspaceId, 'FAIR')).toBeUndefined();
  ms += 1_000;
  expect(await both('FAIR')).toEqual([undefined, undefined]);

  await here.create({ workspaceId, actor: 'test' }, 'FAIR', nothing);
  expect(await both('fair')).toEqual(['FAIR', 'FAIR']);
  expect(await here.match(randomUUID(), 'fair')).toBeUndefined();
});
