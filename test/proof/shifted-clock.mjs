// Preloaded by a server to shift its wall clock: Date is off by the milliseconds in the file PROOF_CLOCK. Timers and
// performance.now are not affected, as when the clock of a machine is set.
import { readFileSync } from 'node:fs';

const file = /** @type {string} */ (process.env['PROOF_CLOCK']);
const RealDate = Date;
let offMs = 0;

globalThis.Date = /** @type {DateConstructor} */ (
  class extends RealDate {
    constructor(/** @type {any[]} */ ...input) {
      if (input.length === 0) super(RealDate.now() + offMs);
      else super(.../** @type {[any]} */ (input));
    }

    static now() {
      return RealDate.now() + offMs;
    }
  }
);

setInterval(() => {
  offMs = Number(readFileSync(file, 'utf8'));
}, 20).unref();
