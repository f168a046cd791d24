// npm run bench [name…]: measures each figure together with its baseline. A missed aim is printed, it is not an
// error. npm run bench -- [name…] --against 0.1.0 [--rounds 8]: compares a release's server with the current one. --connections 64,256: for create,
// lists and search.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { comparedCpuRows, comparisonTable, compareWith } from './against.mjs';
import { create } from './bench-create.mjs';
import { deliver } from './bench-deliver.mjs';
import { emails } from './bench-emails.mjs';
import { fanout } from './bench-fanout.mjs';
import { isolation } from './bench-isolation.mjs';
import { latency } from './bench-latency.mjs';
import { memory } from './bench-memory.mjs';
import { leadReads } from './bench-lead-reads.mjs';
import { leads } from './bench-leads.mjs';
import { million } from './bench-million.mjs';
import { mixes } from './bench-mixes.mjs';
import { searchRecords } from './bench-search.mjs';
import { payments } from './bench-payments.mjs';
import { lists, search } from './bench-reads.mjs';
import { slots } from './bench-slots.mjs';
import { tracking } from './bench-tracking.mjs';
import { workers } from './bench-workers.mjs';
import { start } from './bench-start.mjs';
import { machine } from './machine.mjs';
import { runSections } from './sections.mjs';
import { cpuRows, cpuTable, figureTable } from './table.mjs';

const sections = {
  create,
  deliver,
  fanout,
  workers,
  latency,
  isolation,
  mixes,
  memory,
  million,
  leads,
  'lead-reads': leadReads,
  payments,
  emails,
  tracking,
  'search-records': searchRecords,
  lists,
  search,
  slots,
  start,
};

const { against, names } = parseArguments();
const line = await machine();
console.log(line);
const well = against === undefined ? await measure() : await compare(against);
process.exit(well ? 0 : 1);

async function measure() {
  /** @type {import('./figure.mjs').Figure[]} */
  const figures = [];
  let noise = 0;
  const wentWell = await runSections(
    sections,
    (_name, result, others) => {
      figures.push(...result);
      noise = Math.max(noise, others);
    },
    names,
  );
  if (figures.length > 0) {
    console.log(`\n${figureTable(figures)}`);
    sayCpu(cpuRows(figures));
    sayNoise(noise);
    keep('bench.json', { machine: line, noise, figures });
  }
  return wentWell;
}

async function compare(/** @type {string} */ version) {
  try {
    const { well: wentWell, noise, comparisons } = await compareWith(sections, { names, version });
    if (!wentWell) return false;
    console.log(`\n${comparisonTable(version, comparisons)}`);
    sayCpu(comparedCpuRows(version, comparisons));
    const missed = comparisons.filter(({ met }) => !met);
    console.log(
      missed.length === 0
        ? `\nCompared with ${version}, all figures meet their aims.`
        : `\nCompared with ${version}, missed: ${missed.map(({ name }) => name).join('; ')}.`,
    );
    sayNoise(noise);
    keep('bench-against.json', { machine: line, noise, against: version, comparisons });
    return true;
  } catch (error) {
    console.error(`bench: ${/** @type {Error} */ (error).message}`);
    return false;
  }
}

function sayCpu(/** @type {[string, import('./cpu.mjs').Cpu][]} */ rows) {
  if (rows.length > 0) console.log(`\n${cpuTable(rows)}`);
}

function sayNoise(/** @type {number} */ noise) {
  if (noise <= 0.05) return;
  console.log(
    `\nOther programs used up to ${Math.round(noise * 100)} % of the CPU: the figures are not reliable.`,
  );
}

function keep(/** @type {string} */ file, /** @type {object} */ result) {
  const out = new URL('out/', import.meta.url);
  mkdirSync(out, { recursive: true });
  writeFileSync(new URL(file, out), `${JSON.stringify(result, null, 2)}\n`);
}

/** Parses the command line; exits with a message if it is invalid. */
function parseArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: { against: { type: 'string' }, rounds: { type: 'string' }, connections: { type: 'string' } },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !(name in sections));
    if (unknown !== undefined)
      throw new Error(`Unknown section ${unknown}; must be one of ${Object.keys(sections).join(', ')}.`);
    if (values.rounds !== undefined) {
      if (!/^[1-9]\d?$/.test(values.rounds)) throw new Error('--rounds must be a number from 1 to 99.');
      process.env['BENCH_ROUNDS'] = values.rounds;
    }
    if (values.connections !== undefined) {
      if (!/^[1-9]\d{0,3}(,[1-9]\d{0,3})*$/.test(values.connections))
        throw new Error('--connections must be numbers from 1 to 9999, such as 64,256.');
      process.env['BENCH_CONNECTIONS'] = values.connections;
    }
    return { against: values.against, names: positionals };
  } catch (error) {
    console.error(`bench: ${/** @type {Error} */ (error).message}`);
    return process.exit(1);
  }
}
