import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSettler } from '../../src/delivery/settle.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await freshDatabase();
});
afterAll(() => t.drop());

/** Over a thousand webhooks more outcomes come at once than any queue of writes would take. */
test('outcomes are never refused, however many wait: what is not written would be sent again', async () => {
  const settler = makeSettler(t.db);
  const [workspaceId, token] = [randomUUID(), randomUUID()];
  const endpoints = Array.from({ length: 1_000 }, () => randomUUID());
  const outcomes = await Promise.all(
    Array.from({ length: 20_000 }, (_, n) =>
      settler.settle({
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
        state: 'delivered',
        delayMs: null,
        failures: null,
      }),
    ),
  );
  // No lane is held under this token, so none takes effect: that is an answer, not a refusal.
  expect(outcomes.every((tookEffect) => !tookEffect)).toBe(true);
});
