import { expect, test } from 'vitest';
import { makeFileUrls } from '../../src/files/file-url.ts';

const WORKSPACE = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const FILE = '0190a1b2-c3d4-7e5f-8a9b-ffffffffffff';
const HOUR_S = 3600;

function urlsAt(now: { ms: number }, key = 1) {
  return makeFileUrls(Buffer.alloc(32, key), { now: () => now.ms, monotonic: () => now.ms });
}

function tokenOf(path: string): string {
  return /^\/files\/([\w-]+)$/.exec(path)![1]!;
}

test('a token opens its file until it expires, one to two lifetimes later', () => {
  const now = { ms: Date.UTC(2027, 0, 1, 10, 30) };
  const urls = urlsAt(now);
  const { path, expiresAt } = urls.sign(WORKSPACE, FILE, HOUR_S);
  expect(expiresAt).toBe(Date.UTC(2027, 0, 1, 12));
  const token = tokenOf(path);
  expect(urls.open(token)).toEqual({ workspaceId: WORKSPACE, id: FILE });
  now.ms = expiresAt - 1;
  expect(urls.open(token)).toEqual({ workspaceId: WORKSPACE, id: FILE });
  now.ms = expiresAt;
  expect(urls.open(token)).toBeNull();
});

test('a path stays the same within a period, so that browsers cache the file', () => {
  const now = { ms: Date.UTC(2027, 0, 1, 10, 1) };
  const urls = urlsAt(now);
  const before = urls.sign(WORKSPACE, FILE, HOUR_S).path;
  now.ms = Date.UTC(2027, 0, 1, 10, 59);
  expect(urls.sign(WORKSPACE, FILE, HOUR_S).path).toBe(before);
  now.ms = Date.UTC(2027, 0, 1, 11, 1);
  expect(urls.sign(WORKSPACE, FILE, HOUR_S).path).not.toBe(before);
});

test('a token with any bit changed, of another key, or cut, opens nothing', () => {
  const now = { ms: Date.UTC(2027, 0, 1) };
  const token = tokenOf(urlsAt(now).sign(WORKSPACE, FILE, HOUR_S).path);
  const bytes = Buffer.from(token, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(urlsAt(now).open(changed.toString('base64url')), `bit ${bit}`).toBeNull();
  }
  expect(urlsAt(now, 2).open(token)).toBeNull();
  expect(urlsAt(now).open(token.slice(1))).toBeNull();
  expect(urlsAt(now).open('')).toBeNull();
});
