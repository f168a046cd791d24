import { cpus, totalmem } from 'node:os';
import { findBinaries } from '../dist/db/embedded/postgres-binaries.js';

/** The machine of the measurement, in one line. */
export async function machine() {
  const { version } = await findBinaries();
  const cores = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const postgres = version.split('.').slice(0, 2).join('.').replace(/-.*/, '');
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `${cores[0]?.model.trim() ?? 'unknown cpu'}, ${cores.length} cores, ${memory} GiB, Node ${process.versions.node}, PostgreSQL ${postgres}, ${date} UTC`;
}
