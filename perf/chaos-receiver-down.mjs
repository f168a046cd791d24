import { setTimeout as sleep } from 'node:timers/promises';
import { startStorm } from './storm.mjs';

const CREATES = 20_000;
const DOWN_MS = 60_000;
/** Short, so that deliveries that failed during the outage are not due hours later. */
const RETRY = { max: 10, intervals_s: [5, 10, 20, 30, 30, 30, 30, 30, 30, 30] };

/** The receiver refuses every connection for a minute during the storm, then recovers. */
export async function receiverDown() {
  const storm = await startStorm({ webhook: { retry: RETRY } });
  const raging = storm.rage(CREATES);
  await storm.untilCreated(CREATES / 2);
  await storm.sink.ask('down');
  await sleep(DOWN_MS);
  const before = await storm.sink.ask('count');
  await raging;
  await storm.sink.ask('listen', storm.sink.port);
  const since = performance.now();
  await storm.untilFlowing({ timeoutMs: 120_000 });
  const firstMs = performance.now() - since;
  await storm.untilDrained({ timeoutMs: 180_000 });
  const allMs = performance.now() - since;
  const seconds = (/** @type {number} */ ms) => (ms / 1000).toFixed(0);
  const notes = [
    `${(CREATES - before).toLocaleString('en-US')} were pending; after the outage, the first came after ${seconds(firstMs)} s, the last after ${seconds(allMs)} s`,
  ];
  // Requests on the broken connections were received but not answered.
  return storm.verdict({ kills: 1, notes });
}
