import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

test('my open tasks that are due, and the open deals that are about to close, as far as I may read them', async () => {
  const me = await makeMember(s, 'member');
  const other = await makeMember(s, 'member');
  const task = (title: string, body: object) =>
    s.ask('POST', '/api/v1/tasks', { body: { title, assignee_id: me.id, ...body } });
  await task('today', { due_date: day(0) });
  await task('overdue', { due_date: day(-3) });
  await task('tomorrow', { due_date: day(1) });
  await task('some day', {});
  await task('done', { due_date: day(-1), status: 'completed' });
  await task('theirs', { due_date: day(0), assignee_id: other.id });
  const gone = (await task('gone', { due_date: day(0) })).json;
  await s.ask('DELETE', `/api/v1/tasks/${gone.id}`);
  const deal = (name: string, body: object) => s.ask('POST', '/api/v1/deals', { body: { name, ...body } });
  await deal('soon', { expected_close_date: day(10) });
  await deal('late', { expected_close_date: day(-10) });
  await deal('next year', { expected_close_date: day(300) });
  await deal('won', { expected_close_date: day(0), status: 'won' });

  const { json } = await me.ask('GET', '/api/v1/agenda');
  expect(json.today).toBe(day(0));
  expect(json.tasks.data.map(({ title }: { title: string }) => title)).toEqual(['overdue', 'today']);
  expect(json.tasks.total_count).toBe(2);
  expect(json.later_tasks.data.map(({ title }: { title: string }) => title)).toEqual([
    'tomorrow',
    'some day',
  ]);
  expect(json.later_tasks.total_count).toBe(2);
  expect(json.deals.data.map(({ name }: { name: string }) => name)).toEqual(['late', 'soon']);
  expect((await me.ask('GET', '/api/v1/agenda?days=365')).json.deals.total_count).toBe(3);

  const foreign = (await s.ask('GET', '/api/v1/agenda', { as: s.charlie })).json;
  expect(foreign).toMatchObject({ tasks: { data: [] }, deals: { data: [], total_count: 0 } });
  const reader = await s.person(['deals:read']);
  const part = (await s.ask('GET', '/api/v1/agenda', { as: reader })).json;
  expect([part.tasks, part.later_tasks, part.deals.total_count]).toEqual([null, null, 2]);
  expect((await s.ask('GET', '/api/v1/agenda?days=x')).status).toBe(400);
});

test('a day begins with the day of the workspace’s time zone', async () => {
  for (const time_zone of ['Pacific/Kiritimati', 'Pacific/Niue']) {
    expect((await s.ask('PATCH', '/api/v1/workspace', { body: { time_zone } })).status).toBe(200);
    const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: time_zone }).format(new Date());
    expect((await s.ask('GET', '/api/v1/agenda')).json.today).toBe(parts);
  }
});
