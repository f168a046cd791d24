import { systemClock, type Clock } from '../../src/base/clock.ts';
import { makeGuard, type Guard } from '../../src/net/egress-guard.ts';
import type { Outcome } from '../../src/delivery/sender/send-outcome.ts';
import { makeResolver } from '../../src/net/resolver.ts';
import { makeSender, type Outgoing, type Sender } from '../../src/delivery/sender/send.ts';
import { startDns, type DnsServer } from './dns.ts';
import { startReceiver, TEST_CERT, type Answer, type Receiver } from './receiver.ts';

export interface SendingOptions {
  /** Default: 127.0.0.0/8 is allowed, and the server has no listeners. */
  guard?: Guard;
  clock?: Clock;
  /** Default: 100; null: as in the product. */
  connectionsPerOrigin?: number | null;
  /** Default: the fixture's certificate is trusted. */
  tls?: { ca?: string };
}

/** A sender, a receiver and the DNS between them, all on loopback. */
export interface Sending {
  readonly dns: DnsServer;
  readonly receiver: Receiver;
  readonly sender: Sender;
  /** Sends to the receiver, or to `url`. */
  send(more?: Partial<Outgoing>, signal?: AbortSignal): Promise<Outcome>;
  /** Sets the receiver's response; then sends. */
  sendTo(answer: Answer, more?: Partial<Outgoing>): Promise<Outcome>;
  close(): Promise<void>;
}

/** Every name resolves to 127.0.0.1, except `silent…` (no response) and `gone…` (does not exist). */
export async function startSending(options: SendingOptions = {}): Promise<Sending> {
  const { clock = systemClock, connectionsPerOrigin = 100 } = options;
  const [dns, receiver] = await Promise.all([startDns(), startReceiver()]);
  dns.answer((name) => {
    if (name.startsWith('silent')) return 'silent';
    return name.startsWith('gone') ? 'nxdomain' : { addresses: ['127.0.0.1'] };
  });
  const sender = makeSender({
    guard: options.guard ?? makeGuard({ allow: ['127.0.0.0/8'], own: () => [] }),
    resolver: makeResolver({ clock, servers: [dns.address], hostsFile: '', limitMs: 1_000 }),
    clock,
    tls: options.tls ?? { ca: TEST_CERT },
    ...(connectionsPerOrigin !== null && { connectionsPerOrigin }),
  });

  function send(more: Partial<Outgoing> = {}, signal?: AbortSignal): Promise<Outcome> {
    const out: Outgoing = { url: receiver.url, method: 'POST', headers: {}, body: '{}', timeoutMs: 20_000 };
    return sender.send({ ...out, ...more }, signal);
  }

  return {
    dns,
    receiver,
    sender,
    send,
    sendTo(answer, more) {
      receiver.answer(() => answer);
      return send(more);
    },
    async close() {
      await sender.close();
      await Promise.all([receiver.close(), dns.close()]);
    },
  };
}
