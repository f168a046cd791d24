// Loaded first by a server whose wall clock shall jump: Date is off by as many milliseconds as PROOF_CLOCK, a
// file, says. Timers and performance.now go on, as they do where a machine's clock is set.
import { readFileSync } from 'node:fs';

const file = /** @type {string} */ (process.env['PROOF_CLOCK']);
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
