import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The response for a name: its addresses of both families, or an error. */
export type DnsAnswer =
  | { addresses: string[]; ttlS?: number; delayMs?: number }
  | 'nxdomain'
  | 'servfail'
  | 'silent';

/** `n` counts the queries for this name and type, from 1. */
export type DnsAnswering = (name: string, type: 'A' | 'AAAA', n: number) => DnsAnswer;

/** A DNS server on 127.0.0.1 (UDP) with configurable responses. */
export interface DnsServer {
  /** `127.0.0.1:port`, for `makeResolver({ servers })`. */
  readonly address: string;
  /** Every query, as `name type`. */
  readonly questions: string[];
  /** Sets the responses; until then no name exists. */
  answer(fn: DnsAnswering): void;
  close(): Promise<void>;
}

const TYPES = { 1: 'A', 28: 'AAAA' } as const;
const SERVFAIL = 2;
const NXDOMAIN = 3;

export async function startDns(): Promise<DnsServer> {
  const questions: string[] = [];
  let answering: DnsAnswering = () => 'nxdomain';
  const socket = createSocket('udp4');

  function reply(packet: Buffer, from: RemoteInfo): void {
    const { name, type, end } = readQuestion(packet);
    const kind = TYPES[type as keyof typeof TYPES] ?? 'A';
    const key = `${name} ${kind}`;
    questions.push(key);
    const answer = answering(name, kind, questions.filter((item) => item === key).length);
    if (answer === 'silent') return;
    const delayMs = typeof answer === 'string' ? 0 : (answer.delayMs ?? 0);
    setTimeout(() => {
      // A server that was closed in the meantime does not answer.
      if (!closed) socket.send(encode(packet.subarray(0, end), kind, answer), from.port, from.address);
    }, delayMs);
  }

  let closed = false;
  socket.on('message', reply);
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    answer(fn) {
      answering = fn;
    },
    close() {
      closed = true;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

/** Reads the first question (RFC 1035, 4.1.2); its name is never compressed. */
function readQuestion(packet: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at]!; length > 0; length = packet[at]!) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 };
}

/** @param question the query packet, up to the end of its first question */
function encode(question: Buffer, kind: 'A' | 'AAAA', answer: DnsAnswer): Buffer {
  const records = typeof answer === 'string' ? [] : recordsOf(kind, answer);
  const head = Buffer.from(question);
  const code = answer === 'nxdomain' ? NXDOMAIN : answer === 'servfail' ? SERVFAIL : 0;
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records]);
}

function recordsOf(kind: 'A' | 'AAAA', answer: { addresses: string[]; ttlS?: number }): Buffer[] {
  const addresses = answer.addresses.filter(kind === 'A' ? isIPv4 : isIPv6);
  return addresses.map((address) => {
    const bytes = ipaddr.parse(address).toByteArray();
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0); // The name: a pointer to the question.
    record.writeUInt16BE(kind === 'A' ? 1 : 28, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(answer.ttlS ?? 60, 6);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, Buffer.from(bytes)]);
  });
}
