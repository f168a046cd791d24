import type { Clock } from '../../base/clock.ts';

/** How much one address of the network may do. */
export interface SenderLimits {
  connections: number;
  mailsPerMinute: number;
  /** Recipients that do not exist. */
  refusalsPerMinute: number;
}

interface Sender {
  connections: number;
  minute: number;
  mails: number;
  refusals: number;
}

const MINUTE_MS = 60_000;
const MAX_SENDERS = 20_000;

/** Counts what network addresses do, in memory: each process has its own listener. */
export function makeSenderLimits(limits: SenderLimits, clock: Pick<Clock, 'monotonic'>) {
  const senders = new Map<string, Sender>();

  function senderOf(address: string): Sender {
    const minute = Math.floor(clock.monotonic() / MINUTE_MS);
    let sender = senders.get(address);
    if (!sender) {
      if (senders.size >= MAX_SENDERS) dropIdle(minute);
      sender = { connections: 0, minute, mails: 0, refusals: 0 };
      senders.set(address, sender);
    }
    if (sender.minute !== minute) Object.assign(sender, { minute, mails: 0, refusals: 0 });
    return sender;
  }

  function dropIdle(minute: number): void {
    for (const [address, sender] of senders)
      if (sender.connections === 0 && sender.minute !== minute) senders.delete(address);
  }

  return {
    /** @returns false if it has too many connections, or has tried too many recipients */
    connect(address: string): boolean {
      const sender = senderOf(address);
      // Closed by `disconnect` too, if it is refused.
      sender.connections += 1;
      return sender.connections <= limits.connections && sender.refusals <= limits.refusalsPerMinute;
    },
    disconnect(address: string): void {
      senderOf(address).connections -= 1;
    },
    /** @returns false if it has sent too many mails */
    mail(address: string): boolean {
      const sender = senderOf(address);
      sender.mails += 1;
      return sender.mails <= limits.mailsPerMinute;
    },
    /** @returns false if the connection is to be closed */
    refusal(address: string): boolean {
      const sender = senderOf(address);
      sender.refusals += 1;
      return sender.refusals <= limits.refusalsPerMinute;
    },
  };
}
