import { setTimeout as sleep } from 'node:timers/promises';
import { startHelper } from './helper.mjs';

/** Starts the sink and returns it with its port. */
export async function startSink() {
  const sink = startHelper('sink.mjs');
  const port = /** @type {number} */ (await sink.ask('listen'));
  return { ...sink, port, url: `http://127.0.0.1:${port}` };
}

/** @typedef {Awaited<ReturnType<typeof startSink>>} Sink */

/** Waits until the sink has received so many, or throws where nothing more comes for too long. */
export async function untilReceived(
  /** @type {Sink} */ sink,
  /** @type {number} */ wanted,
  { timeoutMs = 30_000 } = {},
) {
  let last = -1;
  let since = performance.now();
  for (;;) {
    const count = /** @type {number} */ (await sink.ask('count'));
    if (count >= wanted) return;
    if (count !== last) since = performance.now();
    else if (performance.now() - since > timeoutMs) {
      throw new Error(`the sink has received ${count} of ${wanted}, and nothing more for ${timeoutMs} ms`);
    }
    last = count;
    await sleep(20);
  }
}
