#!/usr/bin/env node
import { EXIT, StartError } from './base/errors.ts';
import { makeLog } from './base/log.ts';
import { runCommand } from './cli/command.ts';
import { readConfig } from './config.ts';
import { settleDataDir } from './data-directory.ts';
import { serve } from './serve.ts';

/** `fairlead` and `fairlead start` run the server; anything else is a command (see cli/). */
async function main(): Promise<void> {
  const { config, note } = settleDataDir(readConfig(process.env), process.env);
  const log = makeLog(config.logLevel, { terminal: process.stderr.isTTY });
  // Before anything is started: a signal during the start must not leave PostgreSQL running.
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    onNpmExit(() => resolve('npm ended'));
  });
  const screen = { isTerminal: process.stdout.isTTY, say: (line: string) => console.log(line), note };
  const serving = await serve(config, log, screen);
  const signal = await stopped;
  log.info({ signal }, 'stopping');
  // Work that cannot be finished in time is in the database, and continues with the next start.
  setTimeout(() => process.exit(0), 28_000).unref();
  await serving.stop();
  log.info('stopped');
  process.exit(0);
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

async function runAsCommand(words: string[]): Promise<void> {
  // A key in the options must not be visible in the process list, which other users can read.
  if (words[0] === 'listen') process.title = 'fairlead listen';
  else endWithCommand();
  process.exitCode = await runCommand(words, process.env);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

/**
 * An interrupted command stops the PostgreSQL that it started, by the `exit` handler; `listen` runs until it is
 * interrupted.
 */
function endWithCommand(): void {
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
}

const args = process.argv.slice(2);
const isCommand = args.length > 1 || (args.length === 1 && args[0] !== 'start');

(isCommand ? runAsCommand(args) : main()).catch((error: unknown) => {
  // A server's stack trace helps to fix a fault; a command prints one line.
  const { name, message } = error as Error;
  const known = error instanceof StartError;
  console.error(
    known ? `fairlead: ${message}` : isCommand ? `fairlead: ${name}: ${oneLine(message)}` : error,
  );
  process.exit(known && isCommand ? error.exit : EXIT.failed);
});
