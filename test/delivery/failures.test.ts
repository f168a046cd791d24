import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startReceiver, type Answering, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

describe('AN8: disabled after failures in a row', () => {
  let s: Scenario;
  const receivers: Receiver[] = [];
  beforeAll(async () => {
    s = await startScenario();
  });
  afterAll(async () => {
    await Promise.all(receivers.map((receiver) => receiver.close()));
    await s.stop();
  });

  async function hook(more: Record<string, unknown>, answering: Answering) {
    const receiver = await startReceiver();
    receivers.push(receiver);
    receiver.answer(answering);
    const { json, text, status } = await s.ask('POST', HOOKS, {
      body: { name: 'w', url: receiver.url, events: ['contact.created'], retry: { max: 0 }, ...more },
    });
    expect(status, text).toBe(201);
    return { path: `${HOOKS}/${json.id}`, receiver };
  }
  const shown = async (path: string) => (await s.ask('GET', path)).json;
  const state = async (path: string) => (await shown(path)).state;
  /** Fires one event, which is delivered or failed when this returns. */
  async function event(path: string): Promise<void> {
    const before = (await s.ask('GET', `${path}/deliveries`)).json.data.length;
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    await expect
      .poll(
        async () => {
          const { data } = (await s.ask('GET', `${path}/deliveries`)).json;
          return data.length > before && /delivered|failed/.test(data[0].state);
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  }

  test('exactly at the limit, with the reason; later events are not enqueued', async () => {
    const { path, receiver } = await hook({ disable_after: 3 }, () => ({ status: 500 }));
    await event(path);
    await event(path);
    expect(await state(path)).toBe('active');
    await event(path);
    expect(await shown(path)).toMatchObject({
      state: 'disabled',
      active: false,
      reason: '3 attempts in a row failed.',
    });
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    expect(receiver.received).toHaveLength(3);

    // After it is resumed, the count starts at zero.
    await s.ask('PATCH', path, { body: { active: true } });
    await event(path);
    await event(path);
    expect(await state(path)).toBe('active');
    await event(path);
    expect(await state(path)).toBe('disabled');
    await s.ask('DELETE', path);
  });

  test('a success resets the count, and retries count', async () => {
    const ok = new Set([3, 6]);
    const { path, receiver } = await hook(
      { disable_after: 3, retry: { max: 1, intervals_s: [1] } },
      (_r, n) => ({
        status: ok.has(n) ? 200 : 500,
      }),
    );
    // Failed, failed again; delivered at once; failed, failed again; delivered; and then three in a row.
    for (let n = 0; n < 4; n++) await event(path);
    expect(await state(path)).toBe('active');
    expect(receiver.received).toHaveLength(6);
    await event(path);
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    await expect.poll(() => state(path), { timeout: 10_000 }).toBe('disabled');
    expect(receiver.received).toHaveLength(9);
    await s.ask('DELETE', path);
  });

  test('a test does not count, and does not reset the count', async () => {
    let status = 500;
    const { path, receiver } = await hook({ disable_after: 2 }, () => ({ status }));
    for (let n = 1; n <= 4; n++) {
      await s.ask('POST', `${path}/test`);
      await receiver.waitFor(n);
    }
    await event(path);
    expect(await state(path)).toBe('active');
    status = 200;
    await s.ask('POST', `${path}/test`);
    await receiver.waitFor(6);
    status = 500;
    await event(path);
    expect(await state(path)).toBe('disabled');
    await s.ask('DELETE', path);
  });

  test('the count survives the worker that held the lane', async () => {
    const { path } = await hook({ disable_after: 3 }, () => ({ status: 500 }));
    await event(path);
    await event(path);
    const lane = async () =>
      (await s.db.pool.query('select token, failures from lane where failures > 0')).rows;
    await expect.poll(lane, { timeout: 10_000 }).toEqual([{ token: null, failures: 2 }]);
    await event(path);
    expect(await state(path)).toBe('disabled');
    await s.ask('DELETE', path);
  });

  test('off by default, and many failures at once disable once', async () => {
    const off = await hook({}, () => ({ status: 500 }));
    const on = await hook({ disable_after: 5 }, () => ({ status: 500, delayMs: 50 }));
    const records = Array.from({ length: 60 }, () => ({ first_name: 'Jane' }));
    await s.ask('POST', '/api/v1/contacts/batch', { body: { records } });
    await off.receiver.waitFor(60, 20_000);
    await expect.poll(() => state(on.path), { timeout: 10_000 }).toBe('disabled');
    expect((await shown(on.path)).version).toBe(2);
    expect(await state(off.path)).toBe('active');
    expect(on.receiver.received.length).toBeLessThan(60);
  });

  test.each([0, -1, 1.5, 10_001, '3'])('%s is not a valid number of failures', async (value) => {
    const { status, json } = await s.ask('POST', HOOKS, {
      body: { name: 'x', url: 'https://example.com/', events: ['*'], disable_after: value },
    });
    expect([status, json.error.fields[0].field]).toEqual([400, 'disable_after']);
  });
});
