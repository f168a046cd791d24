import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { ask, secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

const JANE = { name: 'Jane Doe', email: 'j@example.com', phone: '1', event_date: '2026-08-15' };

let s: Scenario;
let team: SignedIn[];
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
  team = [await makeMember(s, 'member'), await makeMember(s, 'member'), await makeMember(s, 'member')];
});
afterAll(() => s.stop());

const assign = (assignment: unknown) => s.ask('PATCH', '/api/v1/lead-settings', { body: { assignment } });
async function ownerOf(body: object = {}) {
  const { json } = await s.ask('POST', '/api/v1/leads', { body: { ...JANE, ...body } });
  return (await s.ask('GET', `/api/v1/leads/${json.id}`)).json.owner_id;
}

describe('assignment', () => {
  test('sixty leads at once on two servers, including batches: every member gets twenty', async () => {
    const members = team.map(({ id }) => id);
    const set = await assign({ mode: 'round_robin', members });
    expect(set.json.assignment).toEqual({ mode: 'round_robin', members, sources: [] });
    const other = await secondServer(s, { FAIRLEAD_LEADS_PER_HOUR: '0' });
    try {
      await Promise.all([
        ...Array.from({ length: 40 }, (_, n) =>
          ask(n % 2 ? s.url : other.url, 'POST', '/api/v1/leads', { as: s.alice, body: JANE }),
        ),
        ...Array.from({ length: 4 }, () =>
          s.ask('POST', '/api/v1/leads/batch', { body: { records: [JANE, JANE, JANE, JANE, JANE] } }),
        ),
      ]);
    } finally {
      await other.stop();
    }
    const { data } = (await s.ask('GET', '/api/v1/leads?limit=200')).json;
    expect(data).toHaveLength(60);
    const inOrder = data.toSorted((a: { number: number }, b: { number: number }) => a.number - b.number);
    expect(inOrder.map((item: { owner_id: string }) => item.owner_id)).toEqual(
      Array.from({ length: 60 }, (_, n) => members[n % 3]),
    );
    const { rows } = await s.db.pool.query(
      `select data->>'owner_id' as owner from event where object_id = $1`,
      [inOrder[0].id],
    );
    expect(rows[0].owner).toBe(members[0]);
  });

  test('an owner that is sent is kept; a source can have its own rule; former members are skipped', async () => {
    const [item, two, three] = team.map(({ id }) => id);
    await assign({
      mode: 'round_robin',
      members: [item, three],
      sources: [
        { source: 'Fair', mode: 'owner', members: [two] },
        { source: 'Spam', mode: 'none', members: [] },
      ],
    });
    expect(await ownerOf()).toBe(item);
    expect(await ownerOf({ owner_id: two })).toBe(two);
    expect(await ownerOf({ source: 'FAIR' })).toBe(two);
    expect(await ownerOf({ source: 'spam' })).toBeNull();
    expect(await ownerOf({ source: 'Other' })).toBe(three);
    await s.ask('DELETE', `/api/v1/members/${item}`);
    expect(await ownerOf()).toBe(three);
    expect(await ownerOf()).toBe(three);
    await assign(null);
    expect(await ownerOf()).toBeNull();
  });

  test.each<[string, string, unknown]>([
    ['a mode that there is not', 'assignment.mode', { mode: 'random' }],
    ['round robin of nobody', 'assignment.members', { mode: 'round_robin', members: [] }],
    ['two owners', 'assignment.members', { mode: 'owner', members: 'two' }],
    ['somebody twice', 'assignment.members', { mode: 'round_robin', members: 'twice' }],
    [
      'a user who is not a member',
      'assignment.members',
      { mode: 'owner', members: ['01976d3c-0000-7000-8000-000000000000'] },
    ],
    [
      'one source twice',
      'assignment.sources.1.source',
      {
        mode: 'none',
        sources: [
          { source: 'a', mode: 'none' },
          { source: 'A', mode: 'none' },
        ],
      },
    ],
  ])('%s is a 400', async (_name, field, requested) => {
    const [, two, three] = team.map(({ id }) => id);
    const input = requested as { members?: unknown };
    const members =
      input.members === 'two' ? [two, three] : input.members === 'twice' ? [two, two] : input.members;
    const reply = await assign({ ...input, ...(members !== undefined && { members }) });
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
  });
});
