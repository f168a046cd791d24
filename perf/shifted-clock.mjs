// Preloaded by a server whose wall clock jumps: Date is off by the number of milliseconds in the file PERF_CLOCK.
// Timers and performance.now are unaffected, as when a machine's clock is set.
import { readFileSync } from 'node:fs';

const file = /** @type {string} */ (process.env['PERF_CLOCK']);
const Straight = Date;
let offMs = 0;

globalThis.Date = /** @type {DateConstructor} */ (
  class extends Straight {
    constructor(/** @type {any[]} */ ...input) {
      if (input.length === 0) super(Straight.now() + offMs);
      else super(.../** @type {[any]} */ (input));
    }

    static now() {
      return Straight.now() + offMs;
    }
  }
);

setInterval(() => {
  offMs = Number(readFileSync(file, 'utf8'));
}, 20).unref();
