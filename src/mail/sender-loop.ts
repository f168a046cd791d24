import type { Logger } from '../base/log.ts';

/** Sends what a queue has, from one process; any number of them share a queue. */
export interface SenderLoop {
  /** Makes a pass now and every few seconds. */
  start(): void;
  /** Recovers what other senders left, and starts sending what is due. */
  pass(stopped: AbortSignal): Promise<void>;
  /** Called when something was queued: sends it at once if the loop has started. */
  wake(): void;
  /** Aborts attempts whose content was not sent yet; waits a few seconds for the others. */
  stop(): Promise<void>;
}

export interface SenderLoopParts<Item> {
  /** Claims items that are due, at most `room`; null if none are. */
  claim(room: number): Promise<readonly Item[] | null>;
  /** One attempt, with its outcome stored. Must not reject. */
  deliver(item: Item, stopping: AbortSignal): Promise<void>;
  /** Settles what senders left that died. */
  recover(): Promise<void>;
  maxInFlight: number;
  /** Milliseconds between passes; default: five seconds. */
  passMs?: number;
  log: Logger;
}

const PASS_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;
/** Pauses after failed attempts, in minutes; the last one repeats until the mail expires. */
const PAUSES_MIN = [1, 5, 15, 60, 120, 240, 360];
/** Each pause is up to a fifth shorter or longer, so that mails which failed together do not return together. */
const JITTER = 0.2;
const SETTLE_PAUSES_MS = [100, 500, 2_000, 5_000, 10_000, 30_000];

/** @param attempts how many have failed. @param random from 0 to 1 */
export function pauseAfter(attempts: number, random: number): number {
  const minutes = PAUSES_MIN[Math.min(attempts, PAUSES_MIN.length) - 1]!;
  return Math.round(minutes * 60_000 * (1 - JITTER + 2 * JITTER * random));
}

export function makeSenderLoop<Item>({
  claim,
  deliver,
  recover,
  maxInFlight,
  passMs = PASS_MS,
  log,
}: SenderLoopParts<Item>): SenderLoop {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  let running: Promise<void> | null = null;
  let again = false;
  let hasStarted = false;

  /** One at a time; what is queued meanwhile is seen by a further round. */
  function send(): Promise<void> {
    if (running) again = true;
    running ??= rounds().finally(() => {
      running = null;
    });
    return running;
  }

  async function rounds(): Promise<void> {
    do {
      again = false;
      await claimAll();
    } while (again);
  }

  async function claimAll(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
      const items = await claim(maxInFlight - inFlight.size);
      if (!items) return;
      for (const item of items) {
        const attempt = deliver(item, stopping.signal).finally(() => inFlight.delete(attempt));
        inFlight.add(attempt);
      }
    }
  }

  async function pass(stopped: AbortSignal): Promise<void> {
    if (stopped.aborted || stopping.signal.aborted) return;
    hasStarted = true;
    await recover();
    await send();
  }

  async function repeat(): Promise<void> {
    try {
      await pass(stopping.signal);
    } catch (error) {
      log.warn({ err: (error as Error).message }, 'mail is sent later');
    }
    if (!stopping.signal.aborted) setTimeout(() => void repeat(), passMs).unref();
  }

  return {
    start: () => void repeat(),
    pass,

    wake() {
      if (hasStarted)
        void send().catch((error: Error) => log.warn({ err: error.message }, 'mail is sent later'));
    },

    async stop() {
      stopping.abort();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([Promise.allSettled([running, ...inFlight]), late]);
      clearTimeout(timer);
    },
  };
}

/** Repeats what writes an outcome while the database is gone: without it, the mail would count as unknown. */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of SETTLE_PAUSES_MS) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, pause).unref();
      });
    }
  }
  return work();
}
