// npm run bench [name…]: each figure beside its baseline from the same run. A missed aim is printed, not an error.
import { mkdirSync, writeFileSync } from 'node:fs';
import { create } from './bench-create.mjs';
import { deliver } from './bench-deliver.mjs';
import { fanout } from './bench-fanout.mjs';
import { isolation } from './bench-isolation.mjs';
import { latency } from './bench-latency.mjs';
import { memory } from './bench-memory.mjs';
import { leadReads } from './bench-lead-reads.mjs';
import { leads } from './bench-leads.mjs';
import { million } from './bench-million.mjs';
import { mixes } from './bench-mixes.mjs';
import { workers } from './bench-workers.mjs';
import { machine } from './machine.mjs';
import { runSections } from './sections.mjs';
import { figureTable } from './table.mjs';

const line = await machine();
console.log(line);
/** @type {import('./figure.mjs').Figure[]} */
const figures = [];
let noise = 0;
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
};
const well = await runSections(sections, (_name, result, others) => {
  figures.push(...result);
  noise = Math.max(noise, others);
});

if (figures.length > 0) {
  console.log(`\n${figureTable(figures)}`);
  if (noise > 0.05) {
    console.log(
      `\nOther programs took up to ${Math.round(noise * 100)} % of the CPU meanwhile: not to be relied on.`,
    );
  }
  const out = new URL('out/', import.meta.url);
  mkdirSync(out, { recursive: true });
  writeFileSync(
    new URL('bench.json', out),
    `${JSON.stringify({ machine: line, noise, figures }, null, 2)}\n`,
  );
}
process.exit(well ? 0 : 1);
