import { expect, test } from 'vitest';
import type { TakenHit } from '../../src/messaging/tracking/hit-batch.ts';
import { WaitingHits } from '../../src/messaging/tracking/waiting-hits.ts';

const hitAt = (at: number, visitorKey = 'mail visitor'): TakenHit => ({
  id: `hit-${at}`,
  emailId: 'mail',
  kind: 'click',
  link: 1,
  at,
  method: 'GET',
  userAgent: '',
  referer: '',
  purpose: '',
  address: '192.0.2.1',
  visitor: 'visitor',
  visitorKey,
  isHoneypot: false,
  session: null,
});

function waiting(...hits: TakenHit[]): WaitingHits {
  const all = new WaitingHits();
  for (const hit of hits) all.add(hit);
  return all;
}

test('a hit of before the clock was set back holds up no other', () => {
  const hits = waiting(hitAt(9_000), hitAt(1_000), hitAt(2_000));
  expect(hits.upTo(2_000, 10).map(({ at }) => at)).toEqual([1_000, 2_000]);
  expect(hits.upTo(2_000, 1).map(({ at }) => at)).toEqual([1_000]);
});

test('hits are listed by visitor, until they are removed', () => {
  const [first, second, other] = [hitAt(1), hitAt(2), hitAt(3, 'mail other')];
  const hits = waiting(first, second, other);
  hits.remove(first);
  expect([...hits.listFor('mail visitor')]).toEqual([second]);
  hits.remove(second);
  expect([...hits.listFor('mail visitor')]).toEqual([]);
  expect(hits.size).toBe(1);
});
