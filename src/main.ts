#!/usr/bin/env node
import { StartError } from './base/errors.ts';
import { makeLog } from './base/log.ts';
import { runCommand } from './cli/command.ts';
import { readConfig } from './config.ts';
import { serve } from './serve.ts';

/** `fairlead` and `fairlead start` serve; anything else is a command (see cli/). */
async function main(args: string[]): Promise<void> {
  if (args.length > 0 && args[0] !== 'start') {
    if (args[0] !== 'listen') endWithCommand();
    process.exitCode = await runCommand(args, process.env);
    return;
  }
  const config = readConfig(process.env);
  const log = makeLog(config.logLevel);
  // Before anything is started: a signal during the start must not leave PostgreSQL behind.
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    whenNpmGoes(() => resolve('npm ended'));
  });
  const serving = await serve(config, log, (line) => console.log(line));
  const signal = await stopped;
  log.info({ signal }, 'stopping');
  // What can't be finished in time is in the database, and goes on with the next start.
  setTimeout(() => process.exit(0), 28_000).unref();
  await serving.stop();
  log.info('stopped');
  process.exit(0);
}

/**
 * `npm start` and `npx fairlead` put a shell between npm and us. SIGTERM to npm ends that shell, and with it
 * npm, and where the shell has not replaced itself by us (Debian's does not) nothing of it gets here.
 */
function whenNpmGoes(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 250).unref();
}

/** A command that is interrupted, but for the one that goes on until it is, takes the PostgreSQL along that it started: that happens at `exit`. */
function endWithCommand(): void {
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const known = error instanceof StartError;
  console.error(known ? `fairlead: ${error.message}` : error);
  process.exit(1);
});
