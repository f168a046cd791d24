/** The number of rounds of a section: its default, or BENCH_ROUNDS. */
export function rounds(/** @type {number} */ usual) {
  return Number(process.env['BENCH_ROUNDS']) || usual;
}
