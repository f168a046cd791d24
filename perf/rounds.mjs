/** How many rounds a section measures: as many as it says, or BENCH_ROUNDS. */
export function rounds(/** @type {number} */ usual) {
  return Number(process.env['BENCH_ROUNDS']) || usual;
}
