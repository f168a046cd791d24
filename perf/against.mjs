import { median } from './figure.mjs';
import { buildRelease } from './release.mjs';
import { clear, clearOnSignal, runSections } from './sections.mjs';
import { useProgram } from './server.mjs';
import { shown, table } from './table.mjs';

/**
 * The required ratio of the current program to a release: at least 0.95 for figures where higher is better, at
 * most its inverse for others.
 */
const AIM = 0.95;

/** @typedef {import('./figure.mjs').Figure} Figure */

/**
 * A figure of both programs, over all rounds of all turns.
 * @typedef {object} Comparison
 * @property {string} name
 * @property {number} release
 * @property {number} now
 * @property {number} ratio now to release
 * @property {number} spread the range of the release's own turns, as a share of their median: the noise
 * @property {string} aim
 * @property {boolean} met
 * @property {{ release: number[][], now: number[][] }} turns
 */

/**
 * Runs sections alternately with the server of a release and with the current one (release, now, release, now, …).
 * Load generator, receiver and baselines are the current ones for both, so that only the server differs.
 * @param {Record<string, () => Promise<Figure[]>>} sections
 * @param {object} options
 * @param {string[]} options.names of the sections; none: all
 * @param {string} options.version
 * @param {number} options.pairs number of turns of each
 * @returns {Promise<{ well: boolean, noise: number, comparisons: Comparison[] }>} the noise is the CPU share of
 * other programs
 */
export async function compareWith(sections, { names, version, pairs }) {
  clearOnSignal();
  /** @type {Map<string, { figure: Figure, release: number[][], now: number[][] }>} */
  const found = new Map();
  let well = true;
  let noise = 0;
  try {
    const folder = await buildRelease(version);
    for (const name of names.length > 0 ? names : Object.keys(sections)) {
      for (let pair = 1; pair <= pairs && well; pair++) {
        for (const side of /** @type {const} */ (['release', 'now'])) {
          console.error(`${name}, ${pair} of ${pairs}: ${side === 'now' ? 'now' : version}`);
          const before = side === 'release' ? useProgram(folder) : null;
          well &&= await runSections(
            sections,
            (_name, figures, others) => {
              noise = Math.max(noise, others);
              for (const figure of figures) {
                const both = found.get(figure.name) ?? { figure, release: [], now: [] };
                both[side].push(figure.rounds.value);
                found.set(figure.name, both);
              }
            },
            [name],
          );
          if (before !== null) useProgram(before);
        }
      }
    }
  } finally {
    await clear({ atEnd: true });
  }
  return { well, noise, comparisons: well ? [...found.values()].map(compared) : [] };
}

/** @returns {Comparison} */
function compared(/** @type {{ figure: Figure, release: number[][], now: number[][] }} */ both) {
  const { figure, release, now } = both;
  const [old, today] = [median(release.flat()), median(now.flat())];
  const middles = release.map(median);
  const ratio = today / old;
  const lessIsBetter = figure.aim.includes('≤');
  const bound = lessIsBetter ? 1 / AIM : AIM;
  return {
    name: figure.name.replace(/, vs .*/, ''),
    release: old,
    now: today,
    ratio,
    spread: (Math.max(...middles) - Math.min(...middles)) / old,
    aim: `${lessIsBetter ? '≤' : '≥'} ${bound.toFixed(2)}`,
    met: lessIsBetter ? ratio <= bound : ratio >= bound,
    turns: { release, now },
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
