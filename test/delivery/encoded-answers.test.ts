import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerOnce, HEAD, sendTwice } from '../kit/odd-answer.ts';
import { startRawReceiver, type RawReceiver } from '../kit/raw-receiver.ts';
import { startSending, type Sending } from '../kit/sending.ts';

let s: Sending;
let receiver: RawReceiver;

beforeEach(async () => {
  [s, receiver] = await Promise.all([startSending(), startRawReceiver()]);
});

afterEach(async () => {
  await s.close();
  await receiver.close();
});

describe('an encoded body is decoded for the log', () => {
  const text = `{"message":"Zoë 😀"}`;
  const coded = (coding: string, body: Buffer) => [
    `${HEAD}Content-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`,
    body,
  ];

  test.each<[coding: string, body: Buffer]>([
    ['gzip', gzipSync(text)],
    ['GZip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
    // It announces a coding and does not use it.
    ['gzip', Buffer.from(text)],
    ['br', Buffer.from(text)],
    ['zstd', Buffer.from(text)],
  ])('%s', async (coding, body) => {
    answerOnce(receiver, coded(coding, body));
    expect(await s.send({ url: receiver.url })).toMatchObject({ ok: true, responseBody: text });
    expect(await s.send({ url: receiver.url })).toMatchObject({ ok: true, responseBody: 'ok' });
    expect(receiver.received).toEqual([1, 1]);
  });

  test('a transfer coding too', async () => {
    const body = gzipSync(text);
    const chunk = Buffer.concat([
      Buffer.from(`${body.length.toString(16)}\r\n`),
      body,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
    answerOnce(receiver, [`${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`, chunk]);
    expect(await sendTwice(s, receiver)).toMatchObject({ ok: true, responseBody: text });
  });

  test('a body that is truncated or broken shows what could be decoded', async () => {
    const words = Array.from({ length: 2_000 }, (_, n) => `word ${n * 7919}`).join(' ');
    const body = gzipSync(words);
    for (const damage of [
      body.subarray(0, 4_000),
      Buffer.concat([body.subarray(0, 4_000), Buffer.alloc(500, 255)]),
    ]) {
      answerOnce(receiver, coded('gzip', damage));
      expect(await s.send({ url: receiver.url })).toMatchObject({
        ok: true,
        responseBody: words.slice(0, 1_000),
      });
      receiver.received.length = 0;
    }
  });

  test('a decompression bomb is decoded no further than is shown', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 'x'));
    expect(bomb.length).toBeLessThan(64 * 1024);
    answerOnce(receiver, coded('gzip', bomb));
    expect(await s.send({ url: receiver.url })).toMatchObject({ ok: true, responseBody: 'x'.repeat(1_000) });
    receiver.received.length = 0;
    answerOnce(receiver, coded('gzip, gzip', gzipSync(bomb)));
    expect(await s.send({ url: receiver.url })).toMatchObject({ ok: true, responseBody: 'x'.repeat(1_000) });
  });

  test.each([
    [
      'zstd',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2, 3]),
      '(8 bytes encoded as zstd, which could not be read)',
    ],
    [
      'gzip',
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 255, 0, 1]),
      '(8 bytes encoded as gzip, which could not be read)',
    ],
    ['br', Buffer.alloc(10, 255), '(10 bytes encoded as br, which could not be read)'],
    ['gzip, gzip, gzip, gzip', gzipSync('x'), /^\(\d+ bytes encoded as gzip, gzip, gzip, gzip, which/],
    ['gzip', gzipSync('a\0b'), 'a\ufffdb'],
  ])('%s that cannot be decoded says so, without NUL', async (coding, body, shown) => {
    answerOnce(receiver, coded(coding, body));
    const { ok, responseBody } = await s.send({ url: receiver.url });
    expect(ok).toBe(true);
    expect(responseBody).toMatch(shown);
    expect(responseBody).not.toContain('\0');
  });

  test('an empty one is empty', async () => {
    answerOnce(receiver, [`${HEAD}Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n`]);
    expect(await s.send({ url: receiver.url })).toMatchObject({ ok: true, responseBody: '' });
  });
});
