// npm run chaos [name…]: injects faults during work and counts what was lost. Exits with 1 if anything was, or if
// a section found another fault.
import { clock } from './chaos-clock.mjs';
import { diskFull } from './chaos-disk-full.mjs';
import { killPostgres } from './chaos-kill-postgres.mjs';
import { killServer } from './chaos-kill-server.mjs';
import { killWorker } from './chaos-kill-worker.mjs';
import { order } from './chaos-order.mjs';
import { pauseWorker } from './chaos-pause-worker.mjs';
import { postgresGone } from './chaos-postgres-gone.mjs';
import { receiverDown } from './chaos-receiver-down.mjs';
import { machine } from './machine.mjs';
import { runSections } from './sections.mjs';
import { table } from './table.mjs';

const COLUMNS = [
  'chaos',
  'created',
  'answered 201',
  'lost records',
  'lost events',
  'strangers',
  'deliveries',
  'duplicates',
  'bound',
  'unknown',
  '503',
  'longest',
  'verdict',
];

/** @typedef {import('./storm.mjs').Verdict & { faults?: string[] }} Result */

console.log(await machine());
/** @type {(string | number)[][]} */
const rows = [];
let bad = false;
const sections = {
  'kill-server': killServer,
  'kill-worker': killWorker,
  'pause-worker': pauseWorker,
  'kill-postgres': killPostgres,
  'postgres-gone': postgresGone,
  'receiver-down': receiverDown,
  'disk-full': diskFull,
  clock,
  order,
};
const well = await runSections(sections, (name, /** @type {Result} */ result) => {
  bad ||= result.lost || (result.faults ?? []).length > 0;
  rows.push(row(name, result));
});
if (rows.length > 0) console.log(`\n${table(COLUMNS, rows)}`);
process.exit(well && !bad ? 0 : 1);

function row(/** @type {string} */ name, /** @type {Result} */ result) {
  const { created, answered201, lostRecords, lostEvents, strangers, deliveries, duplicates, bound } = result;
  const counts = [created, answered201, lostRecords, lostEvents, strangers, deliveries, duplicates, bound];
  const { unknown, refused, longestMs } = result.clients;
  const seconds = `${(longestMs / 1000).toFixed(1)} s`;
  return [
    name,
    ...[...counts, unknown, refused['503'] ?? 0].map((count) => count.toLocaleString('en-US')),
    seconds,
    said(result),
  ];
}

function said(/** @type {Result} */ { lost: isLost, duplicates, bound, faults = [], notes }) {
  return [
    isLost ? 'LOST' : 'nothing lost',
    ...(duplicates > bound ? ['more duplicates than the bound'] : []),
    ...faults,
    ...notes,
  ].join('; ');
}
