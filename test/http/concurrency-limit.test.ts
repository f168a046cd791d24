import { expect, test } from 'vitest';
import { makeConcurrencyLimit } from '../../src/http/concurrency-limit.ts';
import { openStream, type EventSource } from '../kit/event-source.ts';
import { startScenario } from '../kit/scenario.ts';

const [ACME, ELSEWHERE] = ['w1', 'w2'];

test('a key, a workspace and the process have a maximum each; a finished request makes room, once', () => {
  const limit = makeConcurrencyLimit({ caller: 2, workspace: 3, all: 4 });
  const enter = (identity: string, workspaceId: string) => limit.acquire({ identity, workspaceId });
  const leave = enter('k1', ACME);
  enter('k1', ACME);
  expect(() => enter('k1', ACME)).toThrow(
    expect.objectContaining({ code: 'rate_limited', message: expect.stringMatching(/key/) }),
  );
  enter('k2', ACME);
  expect(() => enter('k3', ACME)).toThrow(
    expect.objectContaining({ code: 'rate_limited', message: expect.stringMatching(/workspace/) }),
  );
  enter('k4', ELSEWHERE);
  expect(() => enter('k5', ELSEWHERE)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  leave();
  leave();
  enter('k3', ACME);
  expect(() => enter('k6', ACME)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
});

test('a workspace whose keys wait two hundred times leaves room for others', async () => {
  const s = await startScenario();
  const open: EventSource[] = [];
  const wait = async (key: string) => {
    const source = await openStream(`${s.url}/api/v1/events/stream?after=latest`, {
      authorization: `Bearer ${key}`,
    });
    open.push(source);
    return source.status;
  };
  try {
    const keys = await Promise.all(Array.from({ length: 21 }, () => s.person(['events:read'])));
    for (const { key } of keys.slice(0, 20)) {
      expect(await Promise.all(Array.from({ length: 10 }, () => wait(key)))).toEqual(Array(10).fill(200));
    }
    for (const path of ['/api/v1/events/stream', '/api/v1/events?wait=1']) {
      const reply = await s.ask('GET', path, { as: keys[20]! });
      expect(reply).toMatchObject({ status: 429, json: { error: { code: 'rate_limited' } } });
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    expect((await s.ask('GET', '/api/v1/events', { as: keys[20]! })).status).toBe(200);
    expect(await wait(s.charlie.key)).toBe(200);
    open[0]!.close();
    await expect.poll(() => wait(keys[20]!.key)).toBe(200);
  } finally {
    for (const item of open) item.close();
    await s.stop();
  }
});
