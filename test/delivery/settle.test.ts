import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSettler, type Settlement } from '../../src/delivery/queue/settle.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await freshDatabase();
});
afterAll(() => t.drop());

/** With over a thousand webhooks more outcomes arrive at once than other write queues accept. */
test('outcomes are never refused, however many wait: an outcome that is not stored would be sent again', async () => {
  const settler = makeSettler(t.db);
  const settle = (settlement: Settlement) =>
    new Promise<boolean>((resolve, reject) => settler.settle(settlement, resolve, reject));
  const [workspaceId, token] = [randomUUID(), randomUUID()];
  const endpoints = Array.from({ length: 1_000 }, () => randomUUID());
  const outcomes = await Promise.all(
    Array.from({ length: 20_000 }, (_, n) =>
      settle({
        workspaceId,
        endpointId: endpoints[n % endpoints.length]!,
        token,
        deliveryId: randomUUID(),
        attempt: 0,
        attemptId: randomUUID(),
        at: '2026-06-01T12:00:00.000Z',
        durationMs: 1,
        status: 200,
        failure: null,
        detail: null,
        response: null,
        request: null,
        template: null,
        state: 'delivered',
        delayMs: null,
        failures: null,
      }),
    ),
  );
  // No lane is held under this token, so none takes effect; that is not a refusal.
  expect(outcomes.every((tookEffect) => !tookEffect)).toBe(true);
});
