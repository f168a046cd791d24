import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/delivery/sender/send-outcome.ts';
import { answerOnce, HEAD, OK, play, sendTwice, type Part, type Then } from '../kit/odd-answer.ts';
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

const answerWith = (parts: readonly Part[], then?: Then) => answerOnce(receiver, parts, then);
const send = (more: Parameters<Sending['send']>[0] = {}): Promise<Outcome> =>
  s.send({ url: receiver.url, ...more });
const sendAndLeave = () => sendTwice(s, receiver);

describe('a readable head with a 2xx is success, and a doubtful connection is not reused', () => {
  test.each<[what: string, parts: Part[], status: number, body?: string]>([
    ['204 with a length and no body', ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'], 204, ''],
    ['204 with a length and a body', ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'], 204],
    ['204 with a body that comes later', ['HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n', 30, 'hello'], 204],
    ['204 that is chunked', ['HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'], 204],
    ['205 with a body', ['HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello!'], 205, 'hello'],
    ['205 without a length', ['HTTP/1.1 205 Reset Content\r\n\r\n'], 205, ''],
    [
      'length and chunks',
      [`${HEAD}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
      200,
      'ok',
    ],
    ['the same length twice', [`${HEAD}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['the same length in a list', [`${HEAD}Content-Length: 2, 2\r\n\r\nok`], 200, 'ok'],
    ['two lengths', [`${HEAD}Content-Length: 3\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a length that is too short', [`${HEAD}Content-Length: 2\r\n\r\nokay`], 200, 'ok'],
    ['a second answer immediately', [`${HEAD}Content-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n`], 200, 'ok'],
    ['a chunk that is broken', [`${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`], 200, ''],
    ['a negative chunk', [`${HEAD}Transfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n`], 200, ''],
    ['a chunk longer than its size', [`${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nokay\r\n`], 200, 'o'],
    [
      'bytes after the last chunk',
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX`],
      200,
      'ok',
    ],
    ['chunks of bare line feeds', [`${HEAD}Transfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n`], 200, 'ok'],
    ['a bare-LF head', ['HTTP/1.1 200 OK\nContent-Length: 2\n\nok'], 200, 'ok'],
    ['blank lines before the head', [`\r\n\r\n${HEAD}Content-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a blank before a colon', [`${HEAD}Content-Length : 2\r\n\r\nok`], 200, 'ok'],
    ['a line without a colon', [`${HEAD}no colon here\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a length without a colon', [`${HEAD}Content-Length 9\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a line without a colon that is folded', [`${HEAD}Content-Length: 2\r\nodd\r\n 5\r\n\r\nok`], 200, 'ok'],
    ['blanks before the status line', [` \t${HEAD}Content-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a line of blanks', [` \r\n ${HEAD}Content-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['an empty name', [`${HEAD}: x\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a folded line', [`${HEAD}X-Long: a\r\n  b\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['a folded length', [`${HEAD}Content-Length:\r\n 2\r\n\r\nok`], 200, 'ok'],
    ['NUL in a value', [`${HEAD}X-Odd: a\0b\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    [
      'control characters in a value',
      [`${HEAD}X-Odd: a\x01\x7f\rb\r\nContent-Length: 2\r\n\r\nok`],
      200,
      'ok',
    ],
    ['odd characters in a name', [`${HEAD}X (Odd)\x01: 1\r\nContent-Length: 2\r\n\r\nok`], 200, 'ok'],
    ['HTTP/1.0 with a length', ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'], 200, 'ok'],
    ['a later version', ['HTTP/2 200\r\nContent-Length: 2\r\n\r\nok'], 200, 'ok'],
    [
      'Connection: close, and it stays',
      [`${HEAD}Connection: foo, Close\r\nContent-Length: 2\r\n\r\nok`],
      200,
    ],
    [
      'Keep-Alive for less than a moment',
      [`${HEAD}Keep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok`],
      200,
    ],
    ['an endless body', [`${HEAD}\r\n`, Buffer.alloc(70_000, 'x')], 200],
    [
      'endless chunks',
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n`, Buffer.alloc(70_000, 'x')],
      200,
    ],
    ['an endless chunk size', [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, Buffer.alloc(70_000, '1')], 200],
    ['endless trailers', [`${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(12_000)}`], 200],
  ])('%s', async (_what, parts, status, body) => {
    answerWith(parts);
    const outcome = await sendAndLeave();
    expect(outcome).toMatchObject({ ok: true, failure: null, status, detail: null });
    expect(outcome.responseBody).toBe(body ?? outcome.responseBody);
  });

  test.each<[what: string, parts: Part[], then: 'close' | 'reset', body: string]>([
    ['a length that is too long', [`${HEAD}Content-Length: 10\r\n\r\nhalf`], 'close', 'half'],
    ['chunks that are cut off', [`${HEAD}Transfer-Encoding: chunked\r\n\r\n9\r\nhalf`], 'close', 'half'],
    ['a body without any length', [`${HEAD}\r\n`, 30, 'to the ', 30, 'end'], 'close', 'to the end'],
    ['the same with HTTP/1.0', ['HTTP/1.0 200 OK\r\n\r\nto the end'], 'close', 'to the end'],
    ['a length that is not a number', [`${HEAD}Content-Length: abc\r\n\r\nok`], 'close', 'ok'],
    ['a negative length', [`${HEAD}Content-Length: -1\r\n\r\nok`], 'close', 'ok'],
    ['an unknown coding', [`${HEAD}Transfer-Encoding: foo\r\n\r\nok`], 'close', 'ok'],
    ['a reset in the middle of the body', [`${HEAD}Content-Length: 10\r\n\r\nhalf`, 50], 'reset', 'half'],
    ['a reset right after the head', [`${HEAD}Content-Length: 10\r\n\r\n`, 50], 'reset', ''],
    [
      'the end of the connection in a trailer',
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX`],
      'close',
      'ok',
    ],
  ])('%s', async (_what, parts, then, body) => {
    answerWith(parts, then);
    const outcome = await sendAndLeave();
    // Bytes in an unknown coding are not text.
    const shown = String(parts[0]).includes('foo') ? outcome.responseBody : body;
    expect(outcome).toMatchObject({ ok: true, failure: null, status: 200, responseBody: shown });
  });

  test('a body that stalls gets two more seconds, whatever is left of the timeout', async () => {
    answerWith([`${HEAD}Content-Length: 10\r\n\r\nhalf`]);
    const outcome = await send({ timeoutMs: 60_000 });
    expect(outcome).toMatchObject({ ok: true, status: 200, responseBody: 'half' });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(1_990);
    expect(outcome.durationMs).toBeLessThan(30_000);
    await expect.poll(() => receiver.connections()).toBe(0);
  });

  test('the timeout ends with the head: a body that arrives after it is read', async () => {
    answerWith([100, `${HEAD}Content-Length: 4\r\n\r\n`, 900, 'late']);
    expect(await send({ timeoutMs: 600 })).toMatchObject({ ok: true, responseBody: 'late' });
  });

  test('if the sender stops while the body is read, the status decides', async () => {
    answerWith([`${HEAD}Content-Length: 10\r\n\r\nhalf`]);
    const stopper = new AbortController();
    const outcome = s.send({ url: receiver.url }, stopper.signal);
    await expect.poll(() => receiver.received.length).toBe(1);
    await sleep(200);
    stopper.abort();
    expect(await outcome).toMatchObject({ ok: true, status: 200, responseBody: 'half' });
  });
});

describe('common deviations are no reason to close a connection', () => {
  test.each<[what: string, parts: Part[], status: number]>([
    ['a status without a reason', ['HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'], 200],
    ['a blank in place of the reason', ['HTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n'], 201],
    ['a reason in Latin-1', ['HTTP/1.1 200 Très bien\r\nContent-Length: 0\r\n\r\n'], 200],
    ['a value in Latin-1', [`${HEAD}X-Name: Zoë\r\nContent-Length: 0\r\n\r\n`], 200],
    ['small letters', ['http/1.1 200 ok\r\ncontent-length: 0\r\n\r\n'], 200],
    ['204 without anything', ['HTTP/1.1 204 No Content\r\n\r\n'], 204],
    [
      'chunks with extensions and trailers',
      [`${HEAD}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`],
      200,
    ],
    ['a head in single bytes', `${HEAD}Content-Length: 2\r\n\r\nok`.split(''), 200],
    [
      'chunks in single bytes',
      [HEAD, 'Transfer-Encoding: chunked\r\n\r\n', ...'2\r\nok\r\n0\r\n\r\n'.split('')],
      200,
    ],
    [
      'HTTP/1.0 that keeps it',
      ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'],
      200,
    ],
    [
      'several 1xx',
      [
        'HTTP/1.1 100 Continue\r\n\r\n',
        20,
        'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
        20,
        OK,
      ],
      200,
    ],
    ['100 together with the answer', [`HTTP/1.1 100 Continue\r\n\r\n${OK}`], 200],
    ['a 100 in two parts', ['HTTP/1.1 1', 20, '00 Continue\r\n', 20, '\r\n', OK], 200],
    ['101 that changes nothing', [`HTTP/1.1 101 Odd\r\n\r\n${OK}`], 200],
    ['199', [`HTTP/1.1 199 Odd\r\n\r\n${OK}`], 200],
    ['40 KB of headers', [`${HEAD}X-Large: ${'x'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`], 200],
    [
      'a thousand headers',
      [`${HEAD}${'Set-Cookie: a=b; Path=/\r\n'.repeat(1_000)}Content-Length: 0\r\n\r\n`],
      200,
    ],
  ])('%s', async (_what, parts, status) => {
    answerWith(parts);
    expect(await send()).toMatchObject({ ok: true, failure: null, status });
    expect(await send()).toMatchObject({ ok: true, responseBody: 'ok' });
    expect(receiver.received).toEqual([1, 1]);
  });
});

describe('a failure is named by its status, however odd the rest is', () => {
  test.each([
    [410, 'HTTP/1.1 410 Gone\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nno'],
    [429, 'HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    [503, 'HTTP/1.0 503\nRetry-After: 7\nContent-Length: x\n\nno'],
    [304, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'],
    [302, 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 5\r\n\r\nhi'],
    [600, 'HTTP/1.1 600 Odd\r\nContent-Length: 5\r\n\r\nhi'],
  ])('%i', async (status, raw) => {
    answerWith([raw], 'close');
    const outcome = await sendAndLeave();
    expect(outcome).toMatchObject({ ok: false, status });
    expect(outcome.retryAfterMs).toBe(status === 429 || status === 503 ? 7_000 : null);
  });

  test('Retry-After in a 1xx is ignored', async () => {
    answerWith(['HTTP/1.1 103 X\r\nRetry-After: 9\r\n\r\nHTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n']);
    expect(await send()).toMatchObject({ status: 503, retryAfterMs: null });
  });
});

describe('an unreadable head is a named failure, and nothing is sent again for it', () => {
  test.each<[failure: string, what: string, parts: Part[], then?: Then]>([
    ['bad_response', 'no HTTP', ['SSH-2.0-OpenSSH_9.6\r\n']],
    ['bad_response', 'neither HTTP nor a line', [Buffer.from([0, 0, 18, 4, 0, 0])]],
    ['bad_response', 'a page without a head', ['<html>200</html>']],
    ['bad_response', 'a status of two digits', ['HTTP/1.1 20 OK\r\n\r\n']],
    ['bad_response', 'a status of four digits', ['HTTP/1.1 2000 OK\r\n\r\n']],
    ['bad_response', 'no status', ['HTTP/1.1 OK\r\n\r\n']],
    ['bad_response', 'status 000', ['HTTP/1.1 000 X\r\n\r\n']],
    ['bad_response', 'status 099', ['HTTP/1.1 099 X\r\n\r\n']],
    ['reset', 'a page in place of the rest of a head', [`${HEAD}<html>\r\n</html>\r\n`], 'close'],
    [
      'bad_response',
      'another protocol',
      ['HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'],
    ],
    ['too_large', 'one header of 300 KB', [`${HEAD}X: ${'x'.repeat(300_000)}`]],
    ['too_large', 'headers without an end', [`${HEAD}${'X: y\r\n'.repeat(60_000)}`]],
    ['too_large', '1xx without an end', ['HTTP/1.1 103 X\r\n\r\n'.repeat(20_000)]],
    ['too_large', 'blank lines without an end', ['\r\n'.repeat(200_000)]],
    ['reset', 'a head that is cut off', [`${HEAD}Content-Length: 0\r\n`], 'close'],
    ['reset', 'a head that ends in a reset', [`${HEAD}Content-`, 50], 'reset'],
    ['reset', 'a 100 and nothing more', ['HTTP/1.1 100 Continue\r\n\r\n'], 'close'],
    ['timeout', 'a 100 and silence', ['HTTP/1.1 100 Continue\r\n\r\n']],
  ])('%s: %s', async (failure, _what, parts, then = 'stay') => {
    receiver.answer((socket) => void socket.write(OK));
    await send();
    // On a connection that was used before: the case in which a break may be tried again.
    receiver.answer(async (socket) => {
      await play(socket, parts);
      if (then === 'close') socket.end();
      if (then === 'reset') socket.resetAndDestroy();
    });
    const outcome = await send({ timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ ok: false, failure });
    expect(receiver.received).toEqual([1, 1]);
    await expect.poll(() => receiver.connections()).toBe(0);
  });
});

test('extra bytes after an answer are not taken for the next, immediately or a moment later', async () => {
  const forged = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged';
  for (const pause of [0, 5, 40]) {
    receiver.answer((socket) =>
      play(socket, ['HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno', pause, forged]),
    );
    for (let n = 0; n < 3; n += 1) {
      expect(await send()).toMatchObject({ status: 500, responseBody: 'no' });
      await sleep(80);
    }
  }
});

describe('an answer before the request is complete', () => {
  test.each([
    [204, true],
    [413, false],
  ])('%i counts, and the connection is not reused', async (status, ok) => {
    const early = await startRawReceiver({ early: true });
    const body = Buffer.alloc(32 * 1024 * 1024, 'x');
    early.answer((socket) => void socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`));
    expect(await send({ url: early.url, body })).toMatchObject({ ok, status });
    // A receiver that resets the connection during the request.
    early.answer((socket) => {
      socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
    });
    expect(await send({ url: early.url, body })).toMatchObject({ ok, status });
    expect(early.received).toEqual([1, 2]);
    await early.close();
  });
});

describe('over TLS', () => {
  test.each<[what: string, then: (socket: Socket) => void]>([
    ['a FIN without close_notify', (socket) => rawSocketOf(socket).end()],
    ['a reset', (socket) => rawSocketOf(socket).resetAndDestroy()],
    ['a close_notify', (socket) => void socket.end()],
  ])('%s after the head changes nothing', async (_what, then) => {
    const secure = await startRawReceiver({ tls: true });
    secure.answer(async (socket) => {
      await play(socket, [`${HEAD}\r\nhalf`, 50]);
      then(socket);
    });
    expect(await send({ url: secure.url })).toMatchObject({ ok: true, status: 200, responseBody: 'half' });
    await expect.poll(() => secure.connections()).toBe(0);
    await secure.close();
  });
});

/** The TCP connection under a TLS one. */
function rawSocketOf(socket: Socket): Socket {
  return Reflect.get(socket, '_parent') as Socket;
}
