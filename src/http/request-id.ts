import { randomUUID } from 'node:crypto';

/** A client's X-Request-Id if it is a plain token, else a new id. */
export function requestId(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && /^[\w.:+/=-]{1,128}$/.test(sent) ? sent : randomUUID();
}

/** Larger than the head of any request: Node accepts no more header bytes. */
const MAX_HEAD = 16 * 1024;

/**
 * The same for a request that Node could not parse.
 * @param packet the bytes from the request line on; an incomplete header is ignored
 */
export function requestIdIn(packet: unknown): string {
  if (!Buffer.isBuffer(packet)) return requestId(undefined);
  const [head] = packet.subarray(0, MAX_HEAD).toString('latin1').split('\r\n\r\n', 1);
  const isWhole = head!.length < Math.min(packet.length, MAX_HEAD);
  const lines = head!.split('\r\n').slice(1);
  if (!isWhole) lines.pop();
  const sent = lines.flatMap((line) => /^x-request-id:[ \t]*(.*?)[ \t]*$/i.exec(line)?.[1] ?? []);
  // Node joins repeated headers; the result is not a token.
  return requestId(sent.length === 1 ? sent[0] : undefined);
}
