import { median, percentile } from './figure.mjs';
import { buildRelease } from './release.mjs';
import { clear, clearOnSignal, runSections } from './sections.mjs';
import { withProgram } from './server.mjs';
import { shown, table } from './table.mjs';
import { alternately, inTurn } from './turns.mjs';

/**
 * The required ratio of the current program to a release: at least 0.95 for figures where higher is better, at
 * most its inverse for others.
 */
const AIM = 0.95;

/** Sections whose rounds can alternate; of another one, the release's whole run comes first. */
const ALTERNATING = new Set(['create', 'leads', 'deliver', 'lists', 'search', 'start']);

/** @typedef {import('./figure.mjs').Figure} Figure */

/**
 * A figure of both programs.
 * @typedef {object} Comparison
 * @property {string} name
 * @property {number} release the median of its rounds
 * @property {number} now
 * @property {number} ratio now to release: the median of the ratios of the rounds
 * @property {number} spread half of these ratios are in a range this wide: the noise
 * @property {string} aim
 * @property {boolean} met
 * @property {{ release: number[], now: number[] }} rounds
 * @property {{ release: Cpu, now: Cpu }} [cpu] what a request cost, if it was measured
 */

/** @typedef {import('./cpu.mjs').Cpu} Cpu */

/**
 * Runs sections with the server of a release and with the current one at once, their rounds alternately. Load
 * generator and receiver are the current ones for both, so that only the server differs.
 * @param {Record<string, () => Promise<Figure[]>>} sections
 * @param {object} options
 * @param {string[]} options.names of the sections; none: all
 * @param {string} options.version
 * @returns {Promise<{ well: boolean, noise: number, comparisons: Comparison[] }>} the noise is the CPU share of
 * other programs
 */
export async function compareWith(sections, { names, version }) {
  clearOnSignal();
  /** @type {Comparison[]} */
  const comparisons = [];
  let noise = 0;
  try {
    const folder = await buildRelease(version);
    const both = Object.fromEntries(
      Object.entries(sections).map(([name, section]) => {
        const side = ALTERNATING.has(name) ? section : () => inTurn(section);
        return [name, () => alternately([() => withProgram(folder, side), side])];
      }),
    );
    const well = await runSections(
      both,
      (_name, [release, now], others) => {
        noise = Math.max(noise, others);
        comparisons.push(...now.map((figure, at) => compared(figure, release[at])));
      },
      names,
    );
    return { well, noise, comparisons };
  } finally {
    await clear({ atEnd: true });
  }
}

/** @returns {Comparison} */
function compared(/** @type {Figure} */ now, /** @type {Figure} */ release) {
  const ratios = now.rounds.value.map((value, at) => value / release.rounds.value[at]);
  const ratio = median(ratios);
  const lessIsBetter = now.aim.includes('≤');
  const bound = lessIsBetter ? 1 / AIM : AIM;
  return {
    name: now.name.replace(/, vs .*/, ''),
    release: release.value,
    now: now.value,
    ratio,
    spread: percentile(ratios, 75) - percentile(ratios, 25),
    aim: `${lessIsBetter ? '≤' : '≥'} ${bound.toFixed(2)}`,
    met: lessIsBetter ? ratio <= bound : ratio >= bound,
    rounds: { release: release.rounds.value, now: now.rounds.value },
    ...(now.cpu && release.cpu && { cpu: { release: release.cpu.value, now: now.cpu.value } }),
  };
}

/** Formats a comparison as a table for a terminal. */
export function comparisonTable(/** @type {string} */ version, /** @type {Comparison[]} */ comparisons) {
  return table(
    ['figure', version, 'now', 'ratio', 'spread', 'aim', 'holds?'],
    comparisons.map((item) => [
      item.name,
      shown(item.release),
      shown(item.now),
      item.ratio.toFixed(2),
      item.spread.toFixed(2),
      item.aim,
      item.met ? 'holds' : 'missed',
    ]),
  );
}

/** The rows of `cpuTable` for a comparison. */
export function comparedCpuRows(/** @type {string} */ version, /** @type {Comparison[]} */ comparisons) {
  return comparisons.flatMap(({ name, cpu }) =>
    cpu
      ? /** @type {[string, Cpu][]} */ ([
          [name, cpu.now],
          [`  ${version}`, cpu.release],
        ])
      : [],
  );
}
