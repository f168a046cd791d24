import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeSealer, parseKey, SealError } from '../../src/base/seal.ts';

const place = { workspaceId: 'w', table: 'endpoint', column: 'secret' };

test('a sealed value can be opened, differs each time, and hides its text', () => {
  const sealer = makeSealer(randomBytes(32));
  const [item, other] = [sealer.seal(place, 'whsec_geheim ü'), sealer.seal(place, 'whsec_geheim ü')];
  expect(item.equals(other)).toBe(false);
  expect(item.includes('geheim')).toBe(false);
  expect(sealer.open(place, item)).toBe('whsec_geheim ü');
});

test('it can be opened only for its own place', () => {
  const sealer = makeSealer(randomBytes(32));
  const sealed = sealer.seal(place, 'x');
  for (const elsewhere of [{ workspaceId: 'v' }, { table: 'api_key' }, { column: 'old_secret' }]) {
    expect(() => sealer.open({ ...place, ...elsewhere }, sealed)).toThrow(SealError);
  }
});

test('another key, a changed byte or a truncated value cannot be opened', () => {
  const sealer = makeSealer(randomBytes(32));
  const sealed = sealer.seal(place, 'x');
  expect(() => makeSealer(randomBytes(32)).open(place, sealed)).toThrow(/sealed with key/);
  for (const at of [0, 8, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(() => sealer.open(place, changed)).toThrow(SealError);
  }
  expect(() => sealer.open(place, sealed.subarray(0, 10))).toThrow(SealError);
});

test('a key is 64 hex digits or base64 of 32 bytes', () => {
  const key = randomBytes(32);
  expect(parseKey(key.toString('hex'))).toEqual(key);
  expect(parseKey(key.toString('base64'))).toEqual(key);
  for (const text of ['', 'secret', randomBytes(16).toString('hex'), randomBytes(33).toString('base64')]) {
    expect(parseKey(text)).toBeNull();
  }
});
