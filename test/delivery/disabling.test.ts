import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());
const receivers: Receiver[] = [];
afterEach(async () => {
  await s.db.pool.query(`update endpoint set state = 'deleted'`);
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

async function hook(more: Record<string, unknown>, status = 200) {
  const receiver = await startReceiver();
  receivers.push(receiver);
  receiver.answer(() => ({ status }));
  const url = `${receiver.url}/hook?token=inquery`;
  const body = { name: 'test', url, events: ['contact.created'], ...more };
  const { json, text } = await s.ask('POST', '/api/v1/webhooks', { body });
  expect(json.id, text).toMatch(/^wh_/);
  return { id: json.id as string, receiver };
}
const makeContact = () => s.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe' } });
const state = async (id: string) => (await s.ask('GET', `/api/v1/webhooks/${id}`)).json.state;
const fed = async () =>
  (await s.ask('GET', '/api/v1/events?types=webhook.disabled&limit=200')).json.data as {
    object_id: string;
    data: Record<string, unknown>;
  }[];
const about = async (id: string) => (await fed()).filter(({ data }) => data['id'] === id);

describe('docs/requirements.md, section 8: webhook.disabled reports a webhook that the engine disabled', () => {
  test('by a 410: in the feed, to webhooks that subscribe to it or whose `*` includes it, and to no other', async () => {
    const all = await hook({ events: ['*'] });
    const named = await hook({ events: ['webhook.disabled'], format: 'axocrm' });
    const wildcard = await hook({ events: ['*'], format: 'axocrm' });
    const other = await hook({ events: ['contact.updated'] });
    const headers = { 'X-API-Key': 'customheader' };
    const gone = await hook({ name: 'Gone one', events: ['*'], headers }, 410);
    await makeContact();
    await expect.poll(() => state(gone.id), { timeout: 10_000 }).toBe('disabled');

    const [event, ...more] = await about(gone.id);
    expect(more).toEqual([]);
    expect(event!.data).toEqual({
      id: gone.id,
      name: 'Gone one',
      url: `${gone.receiver.url}/hook`,
      format: 'standard',
      reason: 'Its receiver answered 410 Gone.',
      failures: 1,
      disabled_at: expect.stringMatching(/^\d{4}-.+Z$/),
    });
    const bodies = async (receiver: Receiver, count: number) =>
      (await receiver.waitFor(count)).map(({ rawBody }) => JSON.parse(rawBody.toString()));
    expect((await bodies(all.receiver, 2)).find(({ type }) => type === 'webhook.disabled')!.data).toEqual(
      event!.data,
    );
    const [summary] = await bodies(named.receiver, 1);
    expect(summary).toMatchObject({
      type: 'webhook.disabled',
      data: {
        object: { type: 'webhook', id: gone.id, format: 'standard', failures: 1 },
      },
    });
    // `*` of axocrm includes what its documentation lists; the disabled webhook itself does not get the event.
    expect((await bodies(wildcard.receiver, 1)).map(({ type }) => type)).toEqual(['contact.created']);
    const { rows } = await s.db.pool.query<{ endpoint_id: string }>(
      `select endpoint_id from queue where event_type = 'webhook.disabled'
       union all select endpoint_id from attempt where event_type = 'webhook.disabled'`,
    );
    expect(rows).toHaveLength(2);
    expect(other.receiver.received).toEqual([]);
    for (const { rawBody } of receivers.flatMap(({ received }) => received))
      for (const secret of ['customheader', 'inquery', 'whsec_'])
        expect(rawBody.toString()).not.toContain(secret);
    // Its queue is held, and a test is not an event: one disabling fires one event.
    await s.ask('POST', `/api/v1/webhooks/${gone.id}/test`);
    await gone.receiver.waitFor(2);
    expect(await about(gone.id)).toHaveLength(1);
  });

  test('AN8: by failures in a row, with their number, once however many fail at once', async () => {
    const failing = await hook({ disable_after: 3, retry: { max: 0 } }, 500);
    await Promise.all(Array.from({ length: 12 }, makeContact));
    await expect.poll(() => state(failing.id), { timeout: 10_000 }).toBe('disabled');
    const events = await about(failing.id);
    expect(events).toHaveLength(1);
    expect(events[0]!.data).toMatchObject({ reason: '3 attempts in a row failed.', failures: 3 });
    await s.ask('PATCH', `/api/v1/webhooks/${failing.id}`, { body: { active: true } });
    await Promise.all(Array.from({ length: 3 }, makeContact));
    await expect.poll(() => state(failing.id), { timeout: 10_000 }).toBe('disabled');
    expect(await about(failing.id)).toHaveLength(2);
  });

  test('event and disabling are one transaction: if the event cannot be stored, the webhook stays active', async () => {
    const gone = await hook({}, 410);
    await s.db.pool.query(`alter table notice rename to notice_away`);
    await makeContact();
    await gone.receiver.waitFor(1);
    const settled = async () =>
      (await s.ask('GET', `/api/v1/webhooks/${gone.id}/deliveries`)).json.data[0]?.state;
    await expect.poll(settled, { timeout: 10_000 }).toBe('failed');
    expect([await state(gone.id), await about(gone.id)]).toEqual(['active', []]);
    await s.db.pool.query(`alter table notice_away rename to notice`);
    await makeContact();
    await expect.poll(() => state(gone.id), { timeout: 10_000 }).toBe('disabled');
    expect(await about(gone.id)).toHaveLength(1);
  });

  test('no other workspace gets it, and a user who pauses or deletes fires nothing', async () => {
    const paused = await hook({});
    const before = (await fed()).length;
    await s.ask('PATCH', `/api/v1/webhooks/${paused.id}`, { body: { active: false } });
    await s.ask('DELETE', `/api/v1/webhooks/${paused.id}`);
    expect(await fed()).toHaveLength(before);
    expect(before).toBeGreaterThan(0);
    const elsewhere = await s.ask('GET', '/api/v1/events?types=webhook.disabled', { as: s.charlie });
    expect(elsewhere.json.data).toEqual([]);
  });
});
