import { expect, test } from 'vitest';
import { KnownKeys, type FoundKey } from '../../src/account/known-key.ts';
import { sha256, sha256Salted } from '../../src/base/hmac.ts';

const salt = Buffer.alloc(16, 1);
const rawOf = (n: number) => `fl_live_${n}`;

function keyOf(n: number): FoundKey {
  return {
    workspace_id: '',
    workspace_name: '',
    plan: 'unlimited',
    id: String(n),
    name: '',
    scopes: [],
    expires_at: null,
    revoked_at: null,
    maker_id: null,
    role: null,
    agent: null,
    prefix: String(n),
    style: 'fairlead',
    salt,
    hash: sha256(salt, rawOf(n)),
  };
}

test('ten thousand keys are remembered; the least recently used is forgotten first', () => {
  const known = new KnownKeys();
  for (let n = 0; n < 10_000; n++) known.remember(keyOf(n));
  expect(known.find('0', rawOf(0))?.id).toBe('0');
  known.remember(keyOf(10_000));
  expect(known.find('1', rawOf(1))).toBeUndefined();
  for (const n of [0, 2, 9_999, 10_000]) expect(known.find(String(n), rawOf(n))?.id).toBe(String(n));
});

test('another secret with the same visible part is not the remembered key', () => {
  const known = new KnownKeys();
  known.remember(keyOf(1));
  expect(known.find('1', rawOf(2))).toBeUndefined();
  known.forget('1');
  expect(known.find('1', rawOf(1))).toBeUndefined();
});

test.each([0, 1, 40, 495, 496, 497, 2000])(
  'a salted hash of %i characters is that of the parts',
  (length) => {
    const text = 'x'.repeat(length);
    expect(sha256Salted(salt, text)).toEqual(sha256(salt, text));
  },
);
