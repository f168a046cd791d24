/** @param {number[]} values */
export function median(values) {
  return percentile(values, 50);
}

/** @param {number[]} values @param {number} p from 0 to 100 */
export function percentile(values, p) {
  if (values.length === 0) throw new Error('no values to take a percentile of');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p / 100) * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * One line of the table: the median of its rounds, with the baseline's from the same run.
 * @typedef {object} Figure
 * @property {string} name with its unit
 * @property {number} value
 * @property {number | null} baseline
 * @property {number | null} ratio
 * @property {string} aim
 * @property {boolean | null} met null if there is no aim, or no baseline
 * @property {{ value: number[], baseline: number[] }} rounds
 * @property {{ value: Cpu, baseline: Cpu | null }} [cpu] what a request cost, if it was measured
 */

/** @typedef {import('./cpu.mjs').Cpu} Cpu */

/**
 * @param {string} name
 * @param {{ value: number[], baseline?: number[], aim?: [of: 'ratio' | 'value', is: '≥' | '≤', bound: number] }} given
 * @returns {Figure}
 */
export function figure(name, { value, baseline = [], aim }) {
  const middle = median(value);
  const base = baseline.length > 0 ? median(baseline) : null;
  const ratio = base === null ? null : middle / base;
  const judged = aim?.[0] === 'ratio' ? ratio : middle;
  return {
    name,
    value: middle,
    baseline: base,
    ratio,
    aim: aim ? `${aim[0] === 'ratio' ? 'ratio ' : ''}${aim[1]} ${aim[2]}` : '',
    met: aim && judged !== null ? (aim[1] === '≥' ? judged >= aim[2] : judged <= aim[2]) : null,
    rounds: { value, baseline },
  };
}

/**
 * A figure of requests a second, with the CPU of each.
 * @param {string} name with its unit
 * @param {{ value: Burst[], baseline?: Burst[], aim?: [of: 'ratio' | 'value', is: '≥' | '≤', bound: number] }} given
 * @returns {Figure}
 */
export function burstFigure(name, { value, baseline = [], aim }) {
  const speeds = (/** @type {Burst[]} */ bursts) => bursts.map(({ perSecond }) => perSecond);
  const cpuOf = (/** @type {Burst[]} */ bursts) => medianCpu(bursts.map(({ cpu }) => cpu));
  return {
    ...figure(name, { value: speeds(value), baseline: speeds(baseline), ...(aim && { aim }) }),
    cpu: { value: cpuOf(value), baseline: baseline.length > 0 ? cpuOf(baseline) : null },
  };
}

/** @typedef {import('./cpu.mjs').Burst} Burst */

/** The median of each part over rounds. @returns {Cpu} */
function medianCpu(/** @type {Cpu[]} */ rounds) {
  const medianOf = (/** @type {keyof Cpu} */ part) => median(rounds.map((round) => round[part]));
  return {
    node: medianOf('node'),
    postgres: medianOf('postgres'),
    load: medianOf('load'),
    idle: medianOf('idle'),
  };
}
