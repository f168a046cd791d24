// npm run bench [name…]: each figure beside its baseline from the same run. A missed aim is printed, not an error.
import { mkdirSync, writeFileSync } from 'node:fs';
import { create } from './bench-create.mjs';
import { deliver } from './bench-deliver.mjs';
import { isolation } from './bench-isolation.mjs';
import { latency } from './bench-latency.mjs';
import { memory } from './bench-memory.mjs';
import { machine } from './machine.mjs';
import { runSections } from './sections.mjs';
import { figureTable } from './table.mjs';

const line = await machine();
console.log(line);
/** @type {import('./figure.mjs').Figure[]} */
const figures = [];
const well = await runSections({ create, deliver, latency, isolation, memory }, (_name, result) => {
  figures.push(...result);
});

if (figures.length > 0) {
  console.log(`\n${figureTable(figures)}`);
  const out = new URL('out/', import.meta.url);
  mkdirSync(out, { recursive: true });
  writeFileSync(new URL('bench.json', out), `${JSON.stringify({ machine: line, figures }, null, 2)}\n`);
}
process.exit(well ? 0 : 1);
