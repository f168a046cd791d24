import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Outcome } from '../../src/delivery/sender/send-outcome.ts';
import type { RawReceiver } from './raw-receiver.ts';
import type { Sending } from './sending.ts';

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
export const HEAD = 'HTTP/1.1 200 OK\r\n';

/** Bytes to send as a packet; a number is a pause in ms. */
export type Part = string | Buffer | number;
/** What happens to the connection afterwards. */
export type Then = 'stay' | 'close' | 'reset';

/** Sends the parts as separate packets. */
export async function play(socket: Socket, parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    if (typeof part === 'number') await sleep(part);
    else await new Promise<void>((resolve) => void socket.write(part, 'latin1', () => resolve()));
  }
}

/** Answers the first request with these parts, then acts as given, and answers all others with a plain 200. */
export function answerOnce(receiver: RawReceiver, parts: readonly Part[], then: Then = 'stay'): void {
  receiver.answer(async (socket, n) => {
    await play(socket, n > 1 ? [OK] : parts);
    if (n > 1) return;
    if (then === 'close') socket.end();
    if (then === 'reset') socket.resetAndDestroy();
  });
}

/** Sends twice: returns the first outcome, and expects that the second has a new connection and its own answer. */
export async function sendTwice(s: Sending, receiver: RawReceiver): Promise<Outcome> {
  const outcome = await s.send({ url: receiver.url });
  expect(await s.send({ url: receiver.url })).toMatchObject({ ok: true, status: 200, responseBody: 'ok' });
  expect(receiver.received).toEqual([1, 2]);
  return outcome;
}
