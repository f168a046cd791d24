import { makeLog } from './base/log.ts';
import { readConfig } from './config.ts';
import { settleDataDir } from './data-directory.ts';
import { openStoreWhile } from './store.ts';

/** Runs the server until a signal ends it. Loads the rest of the program while PostgreSQL starts. */
export async function start(): Promise<never> {
  const { config, note } = settleDataDir(readConfig(process.env), process.env);
  const log = makeLog(config.logLevel, { terminal: process.stderr.isTTY });
  // Before anything is started: a signal during the start must not leave PostgreSQL running.
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    onNpmExit(() => resolve('npm ended'));
  });
  const screen = { isTerminal: process.stdout.isTTY, say: (line: string) => console.log(line), note };
  const [store, { serve }] = await openStoreWhile(loadServer, config, log, { attach: false });
  const serving = await serve(store, { config, log, screen });
  const signal = await stopped;
  log.info({ signal }, 'stopping');
  // Work that cannot be finished in time is in the database, and continues with the next start.
  setTimeout(() => process.exit(0), 28_000).unref();
  await serving.stop();
  log.info('stopped');
  return process.exit(0);
}

/** One after the other: the order in which modules run orders the schemas of the API's document. */
async function loadServer() {
  const { serve } = await import('./serve.ts');
  await import('./http-assembly.ts');
  return { serve };
}

/**
 * `npm start` and `npx fairlead` put a shell between npm and this process. SIGTERM to npm ends that shell, and
 * with it npm. If the shell has not replaced itself by this process (Debian's does not), the signal does not
 * arrive here.
 */
function onNpmExit(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 250).unref();
}
